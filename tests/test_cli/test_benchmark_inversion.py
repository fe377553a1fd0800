"""The benchmark of the inversion reports what the inversion finds."""

import json
from dataclasses import replace

import pytest

from mmctsvg.analysis.recovery import drawn_clips
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import save_generator
from mmctsvg.inversion import DEFAULT, invert

TOOL = "benchmark_inversion"


@pytest.fixture
def model(tmp_path, make_generator, make_meta):
    """A model of drawn people."""
    path = tmp_path / "drawn.safetensors"
    save_generator(
        path, make_generator(), make_meta(actors=["Mia", "Omar"], actions=["nod", "wave", "laugh"])
    )
    return path


def test_compares(load_tool):
    """In a third of the official time its third step of nine was done."""
    history = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 2.5]
    official = {"seconds": 30.0, "loss": 2.0, "history": history}
    compare = load_tool(TOOL).compare
    found = compare(official, {"seconds": 10.0, "loss": 3.0})
    assert found == {"speed": pytest.approx(3.0), "loss": 1.5, "meanwhile": 3.5}
    assert compare(official, {"seconds": 60.0, "loss": 2.0})["meanwhile"] == 1.25
    assert compare(official, {"seconds": 1.0, "loss": 2.0})["meanwhile"] == 4.5


def test_reports_every_side(tmp_path, model, load_tool, capsys):
    out = tmp_path / "out"
    options = ["--synth", "1", "--frames", "4", "--steps", "2", "3", "--lpips", "none"]
    load_tool(TOOL).main([str(model), *options, "--device", "cpu", "--out-dir", str(out)])
    table = json.loads((out / "benchmark.json").read_text())["table"]
    assert [len(row["history"]) for row in table] == [250, 2, 3]
    assert [row["side"] for row in table] == ["official", "default, 2 steps", "default, 3 steps"]
    assert "against" not in table[0] and all(row["seconds"] > 0 for row in table)

    inferencer = CTSVGInferencer(model, "cpu")
    clip = drawn_clips(1, [inferencer], 4)[0]
    motion = invert(
        inferencer.generator,
        clip.read(inferencer.size, inferencer.fps),
        inferencer.contents(clip.actor, clip.action),
        fps=inferencer.fps,
        settings=replace(DEFAULT, steps=3),
    )
    assert table[2]["loss"] == pytest.approx(motion.info["losses"][0], rel=1e-6)
    assert table[2]["psnr"] == pytest.approx(motion.info["psnr"], rel=1e-6)
    printed = capsys.readouterr().out
    assert "default, 3 steps" in printed and str(out / "curves.png") in printed
    assert (out / "curves.png").stat().st_size


def test_refuses(tmp_path, model, load_tool, check_refusal):
    main, common = load_tool(TOOL).main, ["--lpips", "none", "--out-dir", tmp_path / "out"]
    check_refusal(main, [model, *common], "--clips", "--synth")
    check_refusal(main, [model, "--synth", 1, "--frames", 1, *common], "--frames is 1")
    check_refusal(main, [model, "--synth", 1, "--steps", 5, 0, *common], "--steps is 0")
    check_refusal(
        main,
        [model, "--synth", 1, "--actor", "Mia", *common],
        "actor, action and crop belong to --clips",
    )
