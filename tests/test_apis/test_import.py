"""`import mmctsvg.apis` brings what renders, and nothing that reads, trains, measures or draws."""

import json
import subprocess
import sys

HEAVY = {"av", "matplotlib", "mmengine.model", "mmengine.runner", "mmengine.visualization", "scipy"}
ROOMS = ("analysis", "choreography", "cli", "datasets", "engine", "evaluation", "inversion")
PARTS = ("visualization", "apis.grid", "models.ctsvg", "models.discriminators")


def test_import_is_light():
    code = "import json, sys, mmctsvg.apis; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "mmctsvg.apis.inferencer" in loaded
    assert not loaded & HEAVY
    assert not loaded & {f"mmctsvg.{name}" for name in (*ROOMS, *PARTS)}
