"""What starts several processes that train or test together."""

import os

from .errors import UserError

#: Launcher -> the variable in which it tells the number of processes, and what starts it.
LAUNCHERS = {
    "pytorch": ("WORLD_SIZE", "torchrun or tools/dist_train.sh"),
    "slurm": ("SLURM_NTASKS", "srun"),
    "mpi": ("OMPI_COMM_WORLD_SIZE", "mpirun"),
}


def count_processes(launcher: str) -> int:
    """How many processes will work together; asked before they have met."""
    return int(os.environ[LAUNCHERS[launcher][0]]) if launcher in LAUNCHERS else 1


def check_launcher(launcher: str) -> None:
    """Refuses a launcher that did not start this process.

    Args:
        launcher: a key of `LAUNCHERS`, or ``'none'``.

    Raises:
        UserError: naming what would have started it.
    """
    if launcher in LAUNCHERS:
        variable, starter = LAUNCHERS[launcher]
        if variable not in os.environ:
            raise UserError(
                f"launcher={launcher!r}: {variable} is not set, so no launcher started this "
                f"process; start it by {starter}, or use launcher='none' for one process."
            )
