#!/usr/bin/env bash
# torch 2.13.0: the second derivative of a depthwise convolution goes channel by channel.
#
# Forward and first derivative of `conv2d(..., groups=channels)` are one kernel each. A derivative
# of the gradient (R1, path length, WGAN-GP, Hessian products) that is asked for the input alone,
# with a constant filter, runs small convolutions for every channel: hundreds of calls where one
# would do. StyleGAN's blur is such a filter, and half of a regularisation step can be spent there.
# The adjoint of a filter is a filter, so an own autograd function gives all orders by one call each.
# Where pip finds no build of torch for the CPU alone, the download is large.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" -I - <<'PYTHON'
import sys

import torch
from torch.autograd import grad
from torch.nn.functional import conv2d
from torch.utils._python_dispatch import TorchDispatchMode

CHANNELS = 64


class Count(TorchDispatchMode):
    """Number of convolutions, forward and backward, below autograd."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.calls += "convolution" in str(function)
        return function(*args, **(kwargs or {}))


def count(work) -> tuple[object, int]:
    with Count() as counter:
        result = work()
    return result, counter.calls


print(f"torch {torch.__version__}")
print("Expected: every order of derivative of one depthwise convolution is a few convolutions.")
x = torch.randn(2, CHANNELS, 8, 8, requires_grad=True)
blur = torch.ones(CHANNELS, 1, 3, 3) / 9
y, forward = count(lambda: conv2d(x, blur, padding=1, groups=CHANNELS))
weights = torch.randn_like(y, requires_grad=True)  # what comes after the filter depends on things
(first,), backward = count(lambda: grad(y, x, weights, create_graph=True))
_, second = count(lambda: grad(first.square().sum(), weights))
print(f"Seen with {CHANNELS} channels: forward {forward}, gradient {backward}, gradient of it {second}")
if (forward, backward) != (1, 1) or second < CHANNELS:
    sys.exit("The behaviour changed: the second derivative is no longer taken channel by channel.")
PYTHON
