import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mmctsvg.engine import work_dir
from mmctsvg.engine.work_dir import LOCK_NAME, claim, remove_earlier
from mmctsvg.utils.errors import UnwritableError, UserError

OWNER = """
import sys, time
from pathlib import Path
from mmctsvg.engine.work_dir import claim
with claim(Path(sys.argv[1]), True):
    print("claimed", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def owner(tmp_path):
    """Another process that trains in ``tmp_path``."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "claimed\n"
        yield process
        process.kill()


def test_two_trainings_do_not_share_a_work_dir(tmp_path, owner):
    whose = rf"process {owner.pid} of {socket.gethostname()} \(since 20.*\) trains there"
    for used in (True, False):
        with pytest.raises(UserError, match=whose), claim(tmp_path, used):
            pass
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert (tmp_path / LOCK_NAME).exists()  # but its owner is dead
    with claim(tmp_path, used=True):
        assert json.loads((tmp_path / LOCK_NAME).read_text())["process"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_the_children_of_a_killed_training_hold_no_lock(tmp_path):
    """As loader processes that live for some seconds more."""
    code = OWNER.replace("    print", "    import os\n    os.fork() or time.sleep(600)\n    print")
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "claimed\n"
        process.kill()
        process.wait()
        try:
            with claim(tmp_path, used=True):
                pass
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("name", ["iter_10.pth", "last_checkpoint"])
def test_an_earlier_training_is_not_written_over(tmp_path, name):
    earlier, other = tmp_path / name, tmp_path / "generator.safetensors"
    earlier.touch(), other.touch()
    with pytest.raises(UserError) as refusal, claim(tmp_path, used=False):
        pass
    for mend in ("resume='auto'", "another work_dir", "overwrite=True", name):
        assert mend in str(refusal.value)
    assert earlier.exists() and not (tmp_path / LOCK_NAME).exists()
    with claim(tmp_path, used=True):
        assert earlier.exists()
        remove_earlier(tmp_path, None)
        assert not earlier.exists() and other.exists()


def test_weights_to_start_from_are_not_removed(tmp_path, monkeypatch):
    weights, other = tmp_path / "iter_10.pth", tmp_path / "iter_20.pth"
    weights.touch(), other.touch()
    monkeypatch.chdir(tmp_path)
    for path in (str(weights), "iter_10.pth"):
        with pytest.raises(UserError, match=f"load_from={path}: overwrite=True would remove"):
            remove_earlier(tmp_path, path)
    assert weights.exists() and other.exists()
    remove_earlier(tmp_path, "absent.pth")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["iter_10.pth", "epoch_2.pth", "last_checkpoint"])
def test_a_folder_in_the_place_of_a_checkpoint_is_refused_at_once(tmp_path, name):
    (tmp_path / name).mkdir()
    with (
        pytest.raises(UserError, match=f"{name}: is a folder in the place of a checkpoint's file"),
        claim(tmp_path, used=True),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "full"), "^cannot write to w: full; go on by resume='auto'"),
        (OSError(errno.EIO, "broken"), "^cannot write to w: broken; go on"),
        (OSError(errno.ENOENT, "gone", "w/a/b"), "^cannot write w/a/b: gone; go on"),
        (OSError(errno.ENOENT, "gone", b"w/a/b"), "^cannot write w/a/b: gone; go on"),
        (UnwritableError("cannot write a"), "^cannot write a, or go on by resume='auto'"),
    ],
)
def test_what_cannot_be_written_later_says_how_to_go_on(tmp_path, monkeypatch, error, said):
    monkeypatch.chdir(tmp_path)
    work_dir = Path("w")
    with pytest.raises(UserError, match=said), claim(work_dir, used=False):
        shutil.rmtree(work_dir)  # the lock too
        raise error
    for other in (OSError(errno.ENOENT, "gone", "/elsewhere"), ValueError("ours")):
        with pytest.raises(type(other)) as caught, claim(work_dir, used=False):
            raise other
        assert caught.value is other


def test_a_thread_that_cannot_write_is_silent_here(tmp_path, monkeypatch):
    """TensorBoard's error is raised again by the next writing; Python would print a traceback."""
    shown = []
    monkeypatch.setattr(threading, "excepthook", lambda args: shown.append(args.exc_value))

    def fail(error):
        raise error

    errors = [OSError(errno.ENOSPC, "full"), ValueError("ours")]
    with claim(tmp_path, used=False):
        for error in errors:
            thread = threading.Thread(target=fail, args=[error])
            thread.start()
            thread.join()
    assert shown == errors[1:]


def test_a_lock_that_was_removed_while_it_was_opened_is_no_lock(tmp_path, monkeypatch):
    """As by a training that ended in that moment: a third one would make a file of its own."""
    path, lock = tmp_path / LOCK_NAME, work_dir._lock
    endings = iter([path])

    def late(file, name):
        for ended in endings:
            ended.unlink()
        lock(file, name)

    monkeypatch.setattr(work_dir, "_lock", late)
    with claim(tmp_path, used=False):
        assert json.loads(path.read_text())["process"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    said = r"cannot write to .*file: .*; choose another work_dir"
    with pytest.raises(UserError, match=said), claim(tmp_path / "file", used=False):
        pass
