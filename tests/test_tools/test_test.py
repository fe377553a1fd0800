import csv

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmctsvg.apis import save_generator


@pytest.fixture
def test(load_tool):
    return load_tool("test")


@pytest.fixture
def weights(tmp_path, make_generator):
    names = ["Mia", "Omar", "Aisha"], ["speak", "nod", "shake", "wave", "laugh"]
    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(3, 5), {"actors": names[0], "actions": names[1]})
    return path


def test_motion_of_cells_that_training_never_saw(tmp_path, toy_config, weights, test, capsys):
    out = tmp_path / "out"
    test.main([str(toy_config()), str(weights), "--out-dir", str(out), "--frames", "6"])
    assert {p.name for p in out.iterdir()} == {"test.csv", "test.png", "samples.mp4", "samples.png"}
    rows = list(csv.DictReader((out / "test.csv").open()))
    # Every actor lacks one action in training.
    assert [row["action"] for row in rows] == ["nod", "wave", "speak", "all"] or len(rows) == 4
    assert [int(row["cells"]) for row in rows] == [1, 1, 1, 3]
    for key in ("real", "generated"):
        values = [float(row[key]) for row in rows]
        assert values[-1] == pytest.approx(np.mean(values[:-1]), abs=2e-3)
    assert float(rows[-1]["real"]) > 0
    assert cv2.imread(str(out / "test.png")) is not None
    output = capsys.readouterr().out
    assert "mean absolute difference" in output and f"done: results in {out}" in output


def test_numbers_against_a_calculation_by_hand(toy_config, weights, test):
    from mmctsvg.apis import CTSVGInferencer

    inferencer = CTSVGInferencer(weights)
    dataset = test.build_dataset(Config.fromfile(toy_config()))
    results = test.compare(inferencer, dataset, most=4)
    clip = dataset.annotations[0]
    first = next(r for r in results if r["action"] == dataset.metainfo["actions"][clip.action])
    frames = dataset.read_frames(0, np.arange(4)).astype(int)
    expected = np.mean([np.abs(frames[t + 1] - frames[t]).mean() for t in range(3)])
    assert first["real_motion"] == pytest.approx(expected)
    film = inferencer.render(range(4), clip.actor, clip.action)
    expected = (film[1:] - film[:-1]).abs().mean() * 127.5
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


def test_bad_input_is_one_sentence(tmp_path, toy_config, weights, test, check_refusal):
    config = toy_config()
    check_refusal(test.main, ["no.py", weights], "no.py")
    check_refusal(test.main, [config, tmp_path / "no.pth"], "no.pth")
    check_refusal(test.main, [config, weights, "--frames", "1"], "--frames 1")
    check_refusal(test.main, [config, weights, "--cfg-options", "x=1"], "no x")


@pytest.mark.slow
def test_metrics_of_the_config_in_two_processes(tmp_path, toy_config, load_tool, run_tool):
    load_tool("train").main(
        [str(toy_config({"train_cfg.max_iters": 1})), "--work-dir", str(tmp_path / "w")]
    )
    config = toy_config()
    cfg = Config.fromfile(config)
    cfg.test_dataloader = dict(
        batch_size=2,
        num_workers=0,
        dataset=dict(cfg.train_dataloader.dataset, split="test"),
        sampler=dict(type="DefaultSampler", shuffle=False),
        collate_fn=dict(type="default_collate"),
    )
    cfg.test_cfg = dict(type="TestLoop")
    cfg.test_evaluator = dict(type="mmengine.DumpResults", out_file_path=str(tmp_path / "r.pkl"))
    cfg.dump(config)
    run = run_tool("dist_test.sh", config, tmp_path / "w" / "iter_1.pth", 2)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.count("done: results in") == run.stdout.count("cells") == 1
    assert (tmp_path / "r.pkl").is_file() and (tmp_path / "w" / "test" / "test.csv").is_file()
