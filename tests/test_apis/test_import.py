"""`import mmctsvg.apis` brings what renders, and nothing that reads, trains, measures or draws."""

import json
import subprocess
import sys

HEAVY = {"av", "matplotlib", "mmengine.model", "mmengine.runner", "mmengine.visualization", "scipy"}
ROOMS = ("analysis", "choreography", "cli", "datasets", "engine", "evaluation", "inversion")
COMPILER = {"sympy", "torch._dynamo", "torch._inductor"}  # two seconds and more
PARTS = ("visualization", "apis.grid", "models.ctsvg", "models.discriminators")


def modules_after(code: str) -> set[str]:
    """List the modules that some code loads."""
    code += "; import json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_import_is_light():
    loaded = modules_after("import mmctsvg.apis")
    assert "mmctsvg.apis.inferencer" in loaded
    assert not loaded & HEAVY
    assert not loaded & {f"mmctsvg.{name}" for name in (*ROOMS, *PARTS)}


def test_rendering_needs_no_compiler():
    loaded = modules_after(
        "from mmctsvg.apis import CTSVGInferencer; "
        "CTSVGInferencer('demo').render([0, 1], 'Mia', 'wave')"
    )
    assert "mmctsvg.models.generators.synthesis" in loaded
    assert not loaded & (HEAVY | COMPILER)
