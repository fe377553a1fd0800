import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmctsvg.export import program
from mmctsvg.models.layer_noise import shared_noise
from mmctsvg.utils.errors import UserError

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "play_onnx.py"


@pytest.fixture
def fake(monkeypatch):
    """Sets what a program that needs no exporter would give."""

    def set_values(play):
        def write(traced, texts, path):
            path.write_bytes(b"a program")

        monkeypatch.setattr(program, "_trace", lambda program: None)
        monkeypatch.setitem(program._KINDS, ".onnx", (write, lambda path: play))

    return set_values


def play_inputs(inputs, program, change=0.0):
    found = program(**{name: torch.from_numpy(x) for name, x in inputs.items()})
    return found.detach().numpy() + change


@pytest.mark.parametrize("change", [2e-4, float("nan")])
def test_nothing_is_written_that_differs(inferencer, fake, tmp_path, change):
    one = program.Program(inferencer.generator, 0.5)
    fake(lambda inputs: play_inputs(inputs, one, change))
    path = tmp_path / "model.onnx"
    path.write_bytes(b"an earlier one")
    with pytest.raises(UserError, match="not written, its frames would differ"):
        program.export(inferencer, path)
    assert path.read_bytes() == b"an earlier one" and len(list(tmp_path.iterdir())) == 1
    fake(lambda inputs: play_inputs(inputs, one, 5e-5))
    assert program.export(inferencer, path) == pytest.approx(5e-5, rel=0.01)
    assert path.read_bytes() == b"a program"


def test_other_endings_and_missing_packages(inferencer, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"written as \.onnx or \.pt2, not as '\.pth'"):
        program.export(inferencer, tmp_path / "model.pth")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(UserError, match=r"onnxscript is missing: pip install 'mmctsvg\[export\]'"):
        program.need("onnxscript")


@pytest.mark.parametrize("vectors", [False, True])
@pytest.mark.parametrize("kind", ["inferencer", "free"])
def test_values_are_those_of_the_inferencer(request, kind, vectors):
    """Also the default kind of noise, the cut to [-1, 1] and the weight of the action."""
    inferencer = request.getfixturevalue(kind)
    one = program.Program(inferencer.generator, inferencer.card["ramp"], vectors)
    inputs = one.example(2, 5)
    found = one(**inputs)
    assert found.shape == (2, 5, 3, 16, 16) and (found.abs() == 1).any()
    assert {"actors", "actions"} & set(inputs) == (
        {"actors", "actions"} if kind != "free" else set()
    )
    for n in range(2):
        labels = [int(inputs[name][n]) for name in ("actors", "actions") if name in inputs]
        given = {"motion" if vectors else "z": inputs["motion"][n]}
        if "content" in inputs:
            given["z_c"] = inputs["content"][n]
        wanted = inferencer.render(inputs["times"][n].tolist(), *labels, **given)
        torch.testing.assert_close(found[n], wanted, atol=1e-5, rtol=0)


@pytest.mark.slow
def test_an_onnx_file_plays_elsewhere(inferencer, tmp_path):
    """Its card is inside, sizes are free, and numpy and onnxruntime are enough."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs pip install 'mmctsvg[export]'")
    pytest.importorskip("onnxscript", reason="needs pip install 'mmctsvg[export]'")
    path = tmp_path / "model.onnx"
    assert program.export(inferencer, path) <= program.PARITY
    session = onnxruntime.InferenceSession(str(path))
    card = json.loads(session.get_modelmeta().custom_metadata_map["mmctsvg"])
    assert card == json.loads(json.dumps({**inferencer.card, "motion": "noise"}))
    assert [given.shape for given in session.get_inputs()] == [
        ["batch", 12], ["batch", "time"], ["batch"], ["batch"],
    ]  # fmt: skip
    one = program.Program(inferencer.generator, 0.5)
    for batch, length in ((1, 7), (4, 1)):
        inputs = {name: x.numpy() for name, x in one.example(batch, length).items()}
        (found,) = session.run(None, inputs)
        np.testing.assert_allclose(found, play_inputs(inputs, one), atol=1e-4)
    command = [sys.executable, "-I", str(EXAMPLE), str(path), str(tmp_path / "video.gif"), "3"]
    subprocess.run(command, check=True, cwd=tmp_path)
    video = Image.open(tmp_path / "video.gif")
    assert (video.n_frames, video.size) == (32, (16, 32))
    # What it shows is the video: 128 colours are off by half a step at most.
    video.seek(5)
    shown = np.asarray(video.convert("RGB"), float)
    noise = np.random.default_rng(3).standard_normal((1, 12), np.float32)
    labels = dict(actors=torch.tensor([0, 1]), actions=torch.tensor([2, 2]))
    motion, times = torch.from_numpy(noise).repeat(2, 1), torch.full((2, 1), 5.0).double()
    wanted = one(motion, times, **labels)[:, 0].movedim(1, -1).flatten(0, 1)
    assert np.abs(shown - (wanted.detach().numpy() + 1) * 127.5).max() < 90


@pytest.mark.slow
def test_a_pytorch_program(free, tmp_path):
    path = tmp_path / "model.pt2"
    assert program.export(free, path, vectors=True) <= program.PARITY
    files = {"mmctsvg": ""}
    module = torch.export.load(path, extra_files=files).module()
    card = json.loads(json.dumps({**free.card, "motion": "vectors"}))
    assert json.loads(files["mmctsvg"]) == card
    one = program.Program(free.generator, 0.5, vectors=True)
    inputs = one.example(5, 2)
    torch.testing.assert_close(module(**inputs), one(**inputs), atol=1e-5, rtol=0)


def test_noise_is_that_of_all_frames(inferencer):
    """Without it the frames would be others."""
    one = program.Program(inferencer.generator, 0.5)
    inputs = one.example(1, 1)
    silent = inferencer.generator(*list(inputs.values()), ramp=0.5).clamp(-1, 1)
    assert (one(**inputs) - silent).abs().max() > 0.01
    assert shared_noise(inferencer.generator, "fixed")[0].abs().max() > 0.1


def test_the_example_needs_numpy_and_onnxruntime_only():
    source = EXAMPLE.read_text(encoding="utf-8")
    named = {line.split()[1] for line in source.splitlines() if line.startswith(("import", "from"))}
    assert named - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}
    assert importlib.util.spec_from_file_location("play", EXAMPLE) and len(source.splitlines()) < 60
