"""mmctsvg.utils.system: what takes the place of calls that a system lacks gives the same."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmctsvg.utils import system

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("pread", [True, False])
def test_reading_at_a_place(monkeypatch, tmp_path, pread):
    if not pread:
        monkeypatch.delattr(os, "pread", raising=False)
    path = tmp_path / "file"
    path.write_bytes(b"line\r\nof text\x1a, and more")
    descriptor = system.open_to_read(path)
    try:
        assert system.read_at(descriptor, 4, 6) == b"of t"
        assert system.read_at(descriptor, 4, 0) == b"line"
        assert system.read_at(descriptor, 99, 13) == b"\x1a, and more"
        assert system.read_at(descriptor, 4, 1000) == b""
    finally:
        os.close(descriptor)


LOCKS = """if True:
    import sys
    from mmctsvg.utils.system import lock_file
    with open(sys.argv[1], "a+") as file:
        try:
            lock_file(file)
            print("locked")
        except BlockingIOError:
            print("held")
"""


@pytest.mark.skipif(system.fcntl is None, reason="there is no fcntl")
def test_a_lock_is_held_by_one_process_until_it_closes_the_file(tmp_path):
    def other() -> str:
        command = [sys.executable, "-c", LOCKS, str(tmp_path / "lock")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    with open(tmp_path / "lock", "a+") as file:
        system.lock_file(file)
        assert other() == "held"
    assert other() == "locked"


def test_the_lock_of_windows_is_behind_what_others_read(monkeypatch, tmp_path):
    """With a stand-in for msvcrt; where nothing locks, nothing is locked."""
    taken = []

    def locking(descriptor, mode, size):
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        if place in taken:
            raise PermissionError(13, "Permission denied")
        taken.append(place)
        assert (mode, size) == (2, 1)

    monkeypatch.setattr(system, "fcntl", None)
    monkeypatch.setattr(system, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking))
    with open(tmp_path / "lock", "a+") as file:
        file.write("mine")
        file.flush()
        system.lock_file(file)
        assert file.tell() == 4 and taken[0] == 2**40
        with pytest.raises(BlockingIOError):
            system.lock_file(file)
        file.seek(0)
        assert file.read() == "mine"
        monkeypatch.setattr(system, "msvcrt", None)
        system.lock_file(file)


def test_running_processes(monkeypatch):
    assert system.is_running(os.getpid())
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert not system.is_running(done.pid)
    monkeypatch.setattr(os, "name", "nt")
    monkeypatch.setattr(os, "kill", None)  # where it would be Ctrl-C
    assert system.is_running(done.pid)


def test_memory(monkeypatch):
    resident = system.resident_memory()
    assert resident > 10
    if system.resource is not None:
        # The peak counts what this process has had, in MiB; the other is of now, in MB.
        assert 0.5 * resident < system.peak_memory() * 2**20 / 1e6 < 100_000
    monkeypatch.setattr(system, "resource", None)
    assert system.peak_memory() != system.peak_memory()  # NaN


HIDING = """if True:
    import importlib, multiprocessing.reduction, os, pkgutil, signal, sys
    import torch, mmengine.runner, cv2, matplotlib  # which look for what their system has
    for name in ("fcntl", "resource", "termios", "pwd", "grp", "pty", "msvcrt", "mmcv", "mmagic"):
        sys.modules[name] = None
    for name in ("pread", "pwrite", "fork", "forkpty", "memfd_create", "sched_getaffinity",
                 "getuid", "geteuid", "getpgid", "killpg", "setsid", "statvfs", "uname",
                 "getloadavg", "mkfifo"):
        if hasattr(os, name):
            delattr(os, name)
    for name in ("SIGHUP", "SIGUSR1", "SIGKILL", "SIGALRM", "setitimer", "alarm"):
        if hasattr(signal, name):
            delattr(signal, name)
    del multiprocessing.reduction.DupFd
    import mmctsvg
    names = [found.name for found in pkgutil.walk_packages(mmctsvg.__path__, "mmctsvg.")]
    for name in names:
        if name not in ("mmctsvg.__main__", "mmctsvg.cli.benchmark_worker"):
            importlib.import_module(name)
    print(len(names))
"""


@pytest.mark.slow
def test_everything_is_imported_where_a_system_has_less():
    done = subprocess.run([sys.executable, "-c", HIDING], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    files = [path for path in (ROOT / "mmctsvg").rglob("*.py") if ".mim" not in path.parts]
    assert int(done.stdout.split()[-1]) == len(files) - 1
