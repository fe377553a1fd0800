import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from torch.distributed import TCPStore

from mmctsvg.engine.processes import Watch, connection_errors, watching
from mmctsvg.utils.errors import UserError

MEMBER = """
import sys, time
from datetime import timedelta
from torch.distributed import TCPStore
from mmctsvg.engine.processes import Watch
port, rank, silence = map(int, sys.argv[1:])
store = TCPStore("127.0.0.1", port, is_master=False, timeout=timedelta(seconds=60))
watch = Watch(store, rank, 2, silence=silence, interval=0.05)
watch.start()
print("watching", flush=True)
sys.stdin.readline()
watch.stop()
print("done", flush=True)
"""


@pytest.fixture
def store():
    return TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)


@pytest.fixture
def members(store, request):
    """Two processes that watch each other; the parameter is their patience in seconds."""
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MEMBER, *map(str, (store.port, rank, request.param))], **pipes
        )
        for rank in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "watching\n"
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def ends(process):
    assert process.wait(timeout=60) == 1
    return process.stderr.read()


@pytest.mark.slow
@pytest.mark.parametrize("members", [3], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_the_others_end_when_one_is_gone(members, number):
    members[1].send_signal(number)
    said = "error: process 1 of this training has given no sign for 3 s: this process ends too"
    assert said in ends(members[0])


@pytest.mark.slow
@pytest.mark.parametrize("members", [600], indirect=True)
def test_one_that_is_done_is_not_missed(members, store):
    members[1].stdin.write("end\n")
    members[1].stdin.flush()
    assert members[1].stdout.readline() == "done\n"
    third = TCPStore("127.0.0.1", store.port, is_master=False, timeout=timedelta(seconds=60))
    watch = Watch(third, 5, 2, silence=0.2, interval=0.01)
    watch.others = [1]
    assert watch._look(1, "done", 0.0)[0] == "done"  # however long ago
    members[0].stdin.write("end\n")
    members[0].stdin.flush()
    assert members[0].stdout.readline() == "done\n"


def test_a_single_process_watches_nobody(monkeypatch):
    monkeypatch.setattr("mmctsvg.engine.processes.Watch", None)
    with watching():
        pass


def test_lost_connections_are_a_sentence():
    """Those of gloo, also before the first iteration; other errors are defects and stay."""
    with pytest.raises(UserError, match="lost its connection to another one"), connection_errors():
        raise RuntimeError("[pair.cc:553] Connection closed by peer [127.0.0.1]:19360.")
    with pytest.raises(RuntimeError, match="a matrix"), connection_errors():
        raise RuntimeError("a matrix of another size")
