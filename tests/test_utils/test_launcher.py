import pytest

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.launcher import check_launcher, count_processes


def test_only_a_launcher_that_started_us_is_taken(monkeypatch):
    for launcher, variable in (
        ("pytorch", "WORLD_SIZE"),
        ("slurm", "SLURM_NTASKS"),
        ("mpi", "OMPI_COMM_WORLD_SIZE"),
    ):
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(UserError, match=f"launcher='{launcher}': {variable} is not set"):
            check_launcher(launcher)
        monkeypatch.setenv(variable, "3")
        check_launcher(launcher)
        assert count_processes(launcher) == 3
    check_launcher("none")
    assert count_processes("none") == 1
