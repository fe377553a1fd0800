"""tools/build_mmcv.py: which build is made, and of what. (Installing makes the build itself.)"""

import importlib.util
import os
from pathlib import Path

import pytest
import torch
from torch.utils import cpp_extension

SCRIPT = Path(__file__).parents[2] / "tools" / "build_mmcv.py"


@pytest.fixture(scope="module")
def build_mmcv():
    spec = importlib.util.spec_from_file_location("build_mmcv", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(tmp_path):
    """A source package with as much as the script looks at."""
    csrc = tmp_path / "mmcv" / "ops" / "csrc"
    (csrc / "common" / "cuda").mkdir(parents=True)
    (csrc / "pytorch" / "cpu").mkdir(parents=True)
    names = ["pybind", "nms", "upfirdn2d", "cpu/nms", "cpu/bezier_align", "cpu/box_iou_quadri"]
    names += ["cpu/box_iou_rotated", "cpu/psamask", "cpu/roi_align_rotated", "cpu/nms_quadri"]
    names += ["cpu/nms_rotated", "cpu/rotated_feature_align", "cpu/voxelization"]
    for name in names:
        (csrc / "pytorch" / f"{name}.cpp").write_text(f"// {name}\n")
    return tmp_path


def test_units_include_every_file_once(build_mmcv, source):
    csrc = source / "mmcv" / "ops" / "csrc" / "pytorch"
    count = build_mmcv.merge_units(source)

    units = sorted([*csrc.glob("*.cpp"), *csrc.glob("cpu/*.cpp")])
    assert len(units) == count == 5
    included = [
        line.removeprefix('#include "').removesuffix('"')
        for unit in units
        for line in unit.read_text().splitlines()
    ]
    assert len(included) == len(set(included)) == 13
    assert all((csrc / name).is_file() for name in included)
    # The largest comes first, and the macros of psamask reach no other file.
    assert units[0].read_text() == '#include "pybind.inc"\n'
    assert units[-1].read_text().endswith('#include "cpu/psamask.inc"\n')


def test_removed_header_leads_to_the_present_one(build_mmcv, source):
    build_mmcv.restore_header(source)
    header = source / "mmcv" / "ops" / "csrc" / "common" / "cuda" / "THC" / "THCAtomics.cuh"
    assert "<ATen/cuda/Atomic.cuh>" in header.read_text()
    headers = Path(torch.__file__).parent / "include"
    assert (headers / "ATen" / "cuda" / "Atomic.cuh").is_file()


@pytest.mark.parametrize(
    ("torch_cuda", "gpu", "nvcc", "fits"),
    [
        (None, False, "13.0", False),
        (None, True, "13.0", False),
        ("13.0", True, None, False),
        ("13.0", True, "12.6", False),
        ("13.0", True, "13.2", True),
        ("13.0", False, "13.2", False),
    ],
)
def test_cuda_build_needs_a_gpu_and_its_compiler(
    build_mmcv, monkeypatch, tmp_path, torch_cuda, gpu, nvcc, fits
):
    if nvcc is not None:
        compiler = tmp_path / "bin" / "nvcc"
        compiler.parent.mkdir()
        compiler.write_text(f"#!/bin/sh\necho 'Cuda compilation tools, release {nvcc}, V{nvcc}.1'")
        compiler.chmod(0o755)
    monkeypatch.setattr(cpp_extension, "CUDA_HOME", str(tmp_path))
    monkeypatch.delenv("FORCE_CUDA", raising=False)
    monkeypatch.setattr(torch.version, "cuda", torch_cuda)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert build_mmcv.cuda_compiler_fits() is fits


def test_jobs_fit_the_units_and_the_machine(build_mmcv):
    assert build_mmcv.job_count(1) == 1
    assert 1 <= build_mmcv.job_count(None) <= os.cpu_count()


def test_no_index_is_one_sentence(build_mmcv, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(build_mmcv.BuildError, match="could not download .* mmcv==2.1.0; check"):
        build_mmcv.fetch_source(tmp_path)
