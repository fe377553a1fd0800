#!/usr/bin/env bash
# torch 2.13.0: removing a parametrization from a copy of a model breaks the model.
#
# `copy.deepcopy` of a parametrized module (spectral norm, weight norm) shares the class that was
# made for the one module, and `remove_parametrizations` deletes the property `weight` from that
# class. The other module then has no `weight` and cannot run. Averaged weights are kept in deep
# copies, and normalization is removed from the copy before export, in the middle of training.
# Where pip finds no build of torch for the CPU alone, the download is large.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" -I - <<'PYTHON'
import copy
import sys

import torch
from torch.nn.utils import parametrizations, parametrize


def run(module: torch.nn.Module) -> str:
    try:
        return str(tuple(module(torch.ones(1, 3)).shape))
    except AttributeError as error:
        return f"AttributeError: {error}"


print(f"torch {torch.__version__}")
print("Expected: a deep copy and its original are independent of each other.")
broken = []
for changed in ("copy", "original"):
    original = parametrizations.spectral_norm(torch.nn.Linear(3, 2))
    modules = {"original": original, "copy": copy.deepcopy(original)}
    before = [run(module) for module in modules.values()]
    shared = type(modules["copy"]) is type(modules["original"])
    parametrize.remove_parametrizations(modules[changed], "weight")
    other = "original" if changed == "copy" else "copy"
    print(f"Seen: both run {before}, one class for both: {shared}")
    print(
        f"  removed from the {changed}: the {changed} gives {run(modules[changed])}, "
        f"the {other} gives {run(modules[other])}"
    )
    broken.append(run(modules[changed]) == "(1, 2)" and run(modules[other]) != "(1, 2)")
if not all(broken):
    sys.exit("The behaviour changed: the other module still runs.")
PYTHON
