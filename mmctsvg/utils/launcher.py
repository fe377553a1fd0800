"""Launchers: programs that start several processes which train or test together."""

import os

from .errors import UserError

#: Launcher -> environment variables with the number of processes and with that of this one, and the
#: command that sets them.
LAUNCHERS = {
    "pytorch": ("WORLD_SIZE", "RANK", "torchrun or tools/dist_train.sh"),
    "slurm": ("SLURM_NTASKS", "SLURM_PROCID", "srun"),
    "mpi": ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "mpirun"),
}


def count_processes(launcher: str) -> int:
    """Return how many processes work together; valid before they are connected."""
    return int(os.environ[LAUNCHERS[launcher][0]]) if launcher in LAUNCHERS else 1


def process_number(launcher: str) -> int:
    """Return the number of this process, from 0 on; valid before they are connected."""
    return int(os.environ[LAUNCHERS[launcher][1]]) if launcher in LAUNCHERS else 0


def check_launcher(launcher: str) -> None:
    """Refuse a launcher that did not start this process.

    Args:
        launcher: Key of `LAUNCHERS`, or ``'none'``.

    Raises:
        UserError: If the launcher's environment variable is not set.
    """
    variable, _, starter = LAUNCHERS.get(launcher, (None, None, None))
    if variable and variable not in os.environ:
        raise UserError(
            f"launcher={launcher!r}: {variable} is not set, so no launcher started this "
            f"process; start it by {starter}, or use launcher='none' for one process."
        )
