#!/usr/bin/env bash
# safetensors 0.8.0: the same tensors and metadata give a different file each time.
#
# Tensors are sorted before they are written, so files without metadata are equal byte for byte.
# Two or more entries of metadata are written in a random order, in one process too. The checksum
# of a checkpoint, or of features computed from a video, does not tell whether its content is the
# same. `safe_open(...).metadata()` gives a random order as well.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" -I - <<'PYTHON'
import hashlib
import importlib.metadata
import sys

import numpy as np
from safetensors.numpy import load, save

TENSORS = {"frames": np.arange(3, dtype=np.int64), "times": np.linspace(0, 1, 3)}
METADATA = {name: "1" for name in ("crop", "fps", "seed", "size", "split", "version")}
TIMES = 20


def files(metadata: dict[str, str] | None) -> set[bytes]:
    return {save(TENSORS, metadata=metadata) for _ in range(TIMES)}


print(f"safetensors {importlib.metadata.version('safetensors')}, numpy {np.__version__}")
print("Expected: saving the same tensors and metadata again gives the same bytes.")
plain, one, six = files(None), files({"fps": "25"}), files(METADATA)
for name, found in (("no metadata", plain), ("one entry", one), ("six entries", six)):
    print(f"Seen: {name}, saved {TIMES} times: {len(found)} different files")
for data in sorted(six)[:3]:
    header = data[8 : 8 + int.from_bytes(data[:8], "little")].decode().split("}")[0]
    print(f"  sha256 {hashlib.sha256(data).hexdigest()[:12]}  {header}}}")
assert all(np.array_equal(load(data)[key], TENSORS[key]) for data in six for key in TENSORS)
if len(plain) != 1 or len(one) != 1:
    sys.exit("The behaviour changed: files without an order of metadata differ too.")
if len(six) == 1:
    sys.exit("The behaviour changed: metadata is written in one order.")
PYTHON
