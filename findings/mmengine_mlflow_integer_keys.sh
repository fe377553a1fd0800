#!/usr/bin/env bash
# mmengine 0.10.7: its MLflow backend cannot record a config whose dictionaries have numbers as keys.
#
# A config is a Python file, and the channels of a StyleGAN are naturally `{4: 512, 8: 512, ...}`.
# The local and the TensorBoard backend record such a config. MLflow's joins the keys of nested
# dictionaries by a dot, and a number cannot be joined, so the training ends before it begins.
# With `tracked_config_keys=[]` nothing is flattened, and all else works.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  mmengine==0.10.7 mlflow-skinny==3.1.0 torch==2.13.0 numpy==1.26.4 'setuptools<82' \
  'opencv-python-headless<4.12'
cd "$folder"
"$folder/venv/bin/python" -I -W ignore - <<'PYTHON'
import sys
from pathlib import Path

import mlflow
import mmengine
from mmengine.config import Config
from mmengine.visualization import LocalVisBackend, MLflowVisBackend

Path("config.py").write_text("model = dict(channels={4: 512, 8: 256})\n")
CONFIG = Config.fromfile("config.py")


def record(backend) -> str:
    try:
        backend.add_config(CONFIG)
    except TypeError as error:
        return f"TypeError: {error}"
    return "recorded"


print(f"mmengine {mmengine.__version__}, mlflow {mlflow.__version__}")
print("Expected: every backend records a config that MMEngine itself reads and writes.")
store = Path("mlruns").resolve().as_uri()
seen = {
    "LocalVisBackend": record(LocalVisBackend(save_dir="local")),
    "MLflowVisBackend": record(MLflowVisBackend(save_dir="mlflow", tracking_uri=store)),
    "MLflowVisBackend, tracked_config_keys=[]": record(
        MLflowVisBackend(save_dir="mlflow", tracking_uri=store, tracked_config_keys=[])
    ),
}
for name, result in seen.items():
    print(f"Seen with {name}: {result}")
if [result == "recorded" for result in seen.values()] != [True, False, True]:
    sys.exit("The behaviour changed: the three backends no longer differ in this way.")
PYTHON
