#!/usr/bin/env bash
# torch 2.13.0: its FLOP counter refuses a gradient penalty.
#
# R1, WGAN-GP and path length ask for the gradient of a network's output with respect to what went
# into it. `FlopCounterMode` follows modules by hooks on the tensors that go into them. Where such a
# tensor is a leaf, the hook ends `autograd.grad` with a RuntimeError; the same pictures times 1 go
# through. `backward()` is not affected, so the counter seems to work until a regulariser is due.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" -I - <<'PYTHON'
import sys

import torch
from torch.utils.flop_counter import FlopCounterMode

critic = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Conv2d(8, 1, 3))


def count(first: str) -> str:
    """Count a gradient penalty; ``first`` is what is done with the real pictures."""
    real = torch.randn(4, 3, 16, 16, requires_grad=True)
    try:
        with FlopCounterMode(display=False) as counter:
            scores = critic(real if first == "nothing" else real * 1)
            (slope,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
            slope.square().sum().backward()
    except RuntimeError as error:
        return f"RuntimeError: {error}"
    return f"{counter.get_total_flops()} FLOP"


print(f"torch {torch.__version__}")
print("Expected: a penalty on real pictures is counted like any other work.")
seen = {first: count(first) for first in ("nothing", "times 1")}
for first, result in seen.items():
    print(f"Seen, {first} done with the pictures first: {result}")
if not seen["nothing"].startswith("RuntimeError") or not seen["times 1"].endswith("FLOP"):
    sys.exit("The behaviour changed: the counter no longer tells the two apart.")
PYTHON
