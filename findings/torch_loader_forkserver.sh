#!/usr/bin/env bash
# torch 2.13.0: loader processes that a fork server started outlive a training that was killed.
#
# A loader process looks every five seconds whether its parent is still the one that started it, and
# ends if not. With the start method "forkserver", Python 3.14's default on Linux, the parent is the
# server. The server ends when nobody holds a certain pipe any more, but the loader processes hold it
# too: after a kill -9 of the training, server and loaders keep each other alive, with their memory.
# Where pip finds no build of torch for the CPU alone, the download is large.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5
cd "$folder"
cat >training.py <<'PYTHON'
import sys
import time

import torch
from torch.utils.data import DataLoader, Dataset


class Numbers(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.tensor(index)


if __name__ == "__main__":
    batches = iter(DataLoader(Numbers(), num_workers=2, multiprocessing_context=sys.argv[1]))
    next(batches)
    print("training", flush=True)
    time.sleep(600)
PYTHON
"$folder/venv/bin/python" -I - <<'PYTHON'
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch


def members(session: int) -> list[int]:
    """Processes of a session that are no zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, own, *_ = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(own) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def left_after_kill(method: str) -> int:
    """Kill a training that has two loader processes; return how many processes live on."""
    training = subprocess.Popen(
        [sys.executable, "training.py", method],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert training.stdout.readline() == "training\n"
    training.kill()
    training.wait()
    for _ in range(60):  # half a minute; the loaders look every five seconds
        left = members(training.pid)
        if not left:
            return 0
        time.sleep(0.5)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return len(left)


print(f"torch {torch.__version__}, Python {sys.version.split()[0]}")
print("Expected: loader processes end soon after their training was killed.")
left = {method: left_after_kill(method) for method in ("fork", "forkserver")}
for method, count in left.items():
    print(f"started by {method}: {count} processes live on")
if left["fork"] or not left["forkserver"]:
    sys.exit("The behaviour has changed.")
PYTHON
