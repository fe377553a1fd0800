"""The files that describe the package agree with each other and with what is there."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
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


@pytest.mark.parametrize(
    "name", ["runtime", "baselines", "metrics", "actions", "export", "tests", "docs"]
)
def test_every_requirement_is_pinned(name):
    pinned = {package(line) for line in requirements("constraints")}
    assert {package(line) for line in requirements(name)} <= pinned


def test_setup_knows_the_version():
    done = subprocess.run(
        [sys.executable, "setup.py", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.split()[-1] == mmctsvg.__version__


def test_citation():
    """Its version is the package's, its paper the README's."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == mmctsvg.__version__
    paper = citation["preferred-citation"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"title     = {{{paper['title']}}}" in readme and f"{{{paper['year']}}}" in readme
    names = [f"{author['family-names']}, {author['given-names']}" for author in paper["authors"]]
    assert f"author    = {{{' and '.join(names)}}}" in readme


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
        path.relative_to(ROOT).as_posix()
        for folder in ("configs", "configs/baselines")
        for path in (ROOT / folder).glob("*.py")
    }


@pytest.mark.slow
def test_the_wheel_brings_what_mim_looks_for(tmp_path):
    """And the tools that are copied run from any folder."""
    source = tmp_path / "source"
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if names.returncode:
        pytest.skip("this is no checkout")
    for name in filter(lambda name: (ROOT / name).is_file(), names.stdout.split("\n")):
        if not name.startswith(("docs/", "tests/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    command = [*pip, "--wheel-dir", str(tmp_path), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        wheel.extractall(tmp_path / "site")
    site = tmp_path / "site"
    (points,) = site.glob("*.dist-info/entry_points.txt")
    assert "mmctsvg = mmctsvg.cli.main:main" in points.read_text()
    mim = site / "mmctsvg" / ".mim"
    for name in ("configs", "tools"):
        there = {p.relative_to(mim) for p in (mim / name).rglob("*") if p.is_file()}
        assert there == {
            Path(line) for line in names.stdout.split("\n") if line.startswith(f"{name}/")
        }
    assert (mim / "model-index.yml").read_bytes() == (ROOT / "model-index.yml").read_bytes()
    run = subprocess.run(
        [sys.executable, str(mim / "tools" / "train.py"), "ctsvg_mead_128"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2 and "data/mead/annotations.csv" in run.stderr, run.stderr
