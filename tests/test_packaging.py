"""The files that describe the package agree with each other and with what is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import mmctsvg

ROOT = Path(__file__).parents[1]


def requirements(name: str) -> list[str]:
    """The lines of ``requirements/NAME.txt`` that name a package."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def package(requirement: str) -> str:
    """The name of the package that a requirement is about, as pip compares it."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def test_constraints_pin_exactly():
    assert all(re.fullmatch(r"[a-z0-9.-]+==[\w.]+", line) for line in requirements("constraints"))


@pytest.mark.parametrize("name", ["runtime", "optional", "tests"])
def test_every_requirement_is_pinned(name):
    pinned = {package(line) for line in requirements("constraints")}
    assert {package(line) for line in requirements(name)} <= pinned


def test_setup_knows_the_version():
    done = subprocess.run(
        [sys.executable, "setup.py", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.split()[-1] == mmctsvg.__version__


def test_model_index_names_configs_that_exist():
    index = yaml.safe_load((ROOT / "model-index.yml").read_text())
    collections = {collection["Name"] for collection in index["Collections"]}
    for collection in index["Collections"]:
        assert (ROOT / collection["README"]).is_file()
    for model in index["Models"]:
        assert model["In Collection"] in collections
        assert (ROOT / model["Config"]).is_file()
    # ... and all of them but the parts.
    assert {model["Config"] for model in index["Models"]} == {
        path.relative_to(ROOT).as_posix() for path in ROOT.glob("configs/*.py")
    }
