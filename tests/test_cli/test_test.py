import csv

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmctsvg.checkpoints import save_generator
from mmctsvg.evaluation.cards import read_card


@pytest.fixture
def test(load_tool):
    return load_tool("test")


@pytest.fixture
def weights(tmp_path, make_generator):
    names = ["Mia", "Omar", "Aisha"], ["speak", "nod", "shake", "wave", "laugh"]
    path = tmp_path / "g.safetensors"
    meta = {"actors": names[0], "actions": names[1], "fps": 15.0}
    save_generator(path, make_generator(3, 5), meta)
    return path


def test_motion_of_cells_that_training_never_saw(tmp_path, toy_config, weights, test, capsys):
    out = tmp_path / "out"
    test.main([str(toy_config()), str(weights), "--out-dir", str(out), "--frames", "6"])
    assert {p.name for p in out.iterdir()} == {
        *("test.csv", "test.png", "samples.mp4", "samples.png")
    }
    rows = list(csv.DictReader((out / "test.csv").open()))
    # Every actor lacks one action in training.
    assert [row["action"] for row in rows] == ["nod", "wave", "speak", "all"]
    assert [int(row["cells"]) for row in rows] == [1, 1, 1, 3]
    for key in ("real", "generated"):
        values = [float(row[key]) for row in rows]
        assert values[-1] == pytest.approx(np.mean(values[:-1]), abs=2e-3)
    assert float(rows[-1]["real"]) > 0
    assert cv2.imread(str(out / "test.png")) is not None
    output = capsys.readouterr().out
    assert "mean absolute difference" in output and f"done: results in {out}" in output


@pytest.mark.parametrize("fps", [15.0, 30.0])
def test_numbers_against_a_calculation_by_hand(toy_config, weights, test, fps):
    """A generator of another rate is rendered at the same seconds; the clips run at 15."""
    from mmctsvg.apis import CTSVGInferencer

    inferencer = CTSVGInferencer(weights)
    inferencer.fps = fps
    _, dataset = test.build_datasets(Config.fromfile(toy_config()))
    results = test.compare(inferencer, dataset, most=4)
    clip = dataset.annotations[0]
    first = next(r for r in results if r["action"] == dataset.metainfo["actions"][clip.action])
    frames = dataset.read_frames(0, np.arange(4)).astype(int)
    expected = np.mean([np.abs(frames[t + 1] - frames[t]).mean() for t in range(3)])
    assert first["real_motion"] == pytest.approx(expected)
    video = inferencer.render(np.arange(4) * fps / 15, clip.actor, clip.action)
    expected = (video[1:] - video[:-1]).abs().mean() * 127.5
    assert first["fake_motion"] == pytest.approx(float(expected), abs=0.5)


def test_weights_of_other_data(
    tmp_path, toy_config, make_generator, make_meta, test, check_refusal
):
    path = tmp_path / "other.safetensors"
    save_generator(path, make_generator(), make_meta())
    check_refusal(test.main, [toy_config(), path], "other.safetensors", "ann, bob", "Mia")
    bigger = toy_config({"train_dataloader.dataset.size": 32})
    names = {
        "actors": ["Mia", "Omar", "Aisha"],
        "actions": ["speak", "nod", "shake", "wave", "laugh"],
    }
    save_generator(path, make_generator(3, 5), names)
    check_refusal(test.main, [bigger, path], "renders 16 pixels", "32")


def test_bad_input_is_one_sentence(tmp_path, toy_config, weights, test, check_refusal, monkeypatch):
    config = toy_config()
    check_refusal(test.main, ["no.py", weights], "no.py")
    check_refusal(test.main, [config, tmp_path / "no.pth"], "no.pth")
    check_refusal(test.main, [config, weights, "--frames", "1"], "--frames is 1")
    monkeypatch.setattr(test.module, "compare", None)  # nothing is measured
    out = weights / "results"
    check_refusal(
        test.main, [config, weights, "--out-dir", out], f"write to {out}", "another --out-dir"
    )
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    check_refusal(test.main, [config, weights, "--launcher", "pytorch"], "WORLD_SIZE is not set")
    check_refusal(test.main, [config, weights, "--cfg-options", "x=1"], "no x")
    check_refusal(test.main, [config, weights, "--metrics", "FID"], "no metric 'FID'", "FVD")


@pytest.mark.slow
def test_metrics_of_the_config_in_two_processes(
    tmp_path, toy_config, weights, test, run_tool, little_script
):
    metrics = {"clips": 6, "frames": 9, "weights": str(little_script[0])}
    config = toy_config()
    cfg = Config.fromfile(config)
    cfg.metrics = [dict(type="FVD", **metrics), dict(type="FVD", **metrics | {"frames": 12})]
    cfg.dump(config)
    arguments = ["--frames", "4", "--out-dir"]
    test.main([str(config), str(weights), *arguments, str(tmp_path / "one")])
    run = run_tool("dist_test.sh", config, weights, 2, *arguments, tmp_path / "two")
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.count("done: results in") == 1
    one, two = (read_card(tmp_path / name) for name in ("one", "two"))
    assert one["subject"]["checkpoint_sha256"] == two["subject"]["checkpoint_sha256"]
    for name in ("FVD9", "FVD12"):
        a, b = one["metrics"][name], two["metrics"][name]
        assert a["protocol"] == b["protocol"] and a["numbers"]["generated_clips"] == 6
        assert b["numbers"]["value"] == pytest.approx(a["numbers"]["value"], rel=1e-4)
