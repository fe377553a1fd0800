import cv2
import numpy as np
import pytest

from mmctsvg.evaluation.cards import read_card


@pytest.fixture
def main(load_tool):
    return load_tool("evaluate_videos").main


@pytest.fixture
def folders(tmp_path):
    """Two folders of clips of noise."""
    rng = np.random.default_rng(0)
    for side in ("real", "fake"):
        for number in range(3):
            folder = tmp_path / side / f"clip{number}"
            folder.mkdir(parents=True)
            for t in range(16):
                cv2.imwrite(str(folder / f"{t}.png"), rng.integers(0, 256, (16, 16, 3), np.uint8))
    return tmp_path / "real", tmp_path / "fake"


@pytest.mark.slow
def test_fvd_of_two_folders(weights, main, folders, capsys, tmp_path):
    weights("i3d")
    main([*map(str, folders), "--offline", "--device", "cpu"])
    output = capsys.readouterr().out
    assert "FVD16 value:" in output and "note: FVD16: 3 clips" in output
    assert output.splitlines()[-1] == f"done: results in {tmp_path / 'evaluation'}"
    card = read_card(tmp_path / "evaluation")
    assert card["metrics"]["FVD16"]["numbers"]["real_clips"] == 3
    assert card["metrics"]["FVD16"]["weights"][0]["licence"].startswith("Apache-2.0")


def test_bad_input_is_one_sentence(main, folders, check_refusal, tmp_path, monkeypatch):
    real, fake = folders
    check_refusal(main, [tmp_path / "no", fake], "no does not exist")
    check_refusal(main, [real, fake, "--metrics", "FVD4"], "frames >= 9")
    check_refusal(main, [real, fake, "--metrics", "x"], "no metric 'x'")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("MMCTSVG_WEIGHTS_I3D", raising=False)
    check_refusal(main, [real, fake, "--offline"], "mmctsvg weights fetch i3d")


@pytest.mark.slow
def test_metrics_that_need_real_videos(weights, main, folders, check_refusal):
    weights("i3d")
    check_refusal(main, ["none", folders[1], "--offline"], "FVD16 needs real clips")


@pytest.fixture
def never(monkeypatch):
    """Lets metrics fail that are built or run at all."""
    import mmctsvg.cli.evaluate_videos as module

    def build(*_, **__):
        raise AssertionError("the inputs were not tried first")

    monkeypatch.setattr(module, "build_metrics", build)


def test_both_sides_and_the_output_are_tried_before_anything_is_measured(
    main, folders, check_refusal, tmp_path, never
):
    real, fake = folders
    empty, broken, file = tmp_path / "empty", tmp_path / "broken", tmp_path / "file"
    empty.mkdir(), broken.mkdir(), file.write_text("x")
    (broken / "a.mp4").write_text("no video")
    check_refusal(main, [real, empty], "empty: it holds no clip")
    check_refusal(main, ["none", empty], "empty: it holds no clip")
    check_refusal(main, [real, broken], "a.mp4")
    check_refusal(main, [broken, fake], "a.mp4")
    out = file / "results"
    check_refusal(main, [real, fake, "--out-dir", out], f"cannot write to {out}", "other --out-dir")


def test_numbers_are_stored_before_pictures_and_before_the_next_metric(
    main, folders, monkeypatch, tmp_path, capsys
):
    import mmctsvg.cli.evaluate_videos as module
    from mmctsvg.evaluation.metrics import VideoMetric

    class Count(VideoMetric):
        default_prefix = "Count"
        protocol = {}
        shots = None

        def measure(self, video, real):
            return {}

        def compute_metrics(self, results):
            return {"videos": len(results)}

        def draw(self, out_dir):
            (out_dir / "count.png").touch()
            return [out_dir / "count.png"]

    class Undrawn(Count):
        default_prefix = "Undrawn"

        def draw(self, out_dir):
            raise RuntimeError("no picture")

    metrics = [Count(), Undrawn()]
    monkeypatch.setattr(module, "build_metrics", lambda *_, **__: metrics)
    with pytest.raises(RuntimeError, match="no picture"):
        main([*map(str, folders)])
    found = read_card(tmp_path / "evaluation")["metrics"]
    assert {name: metric["numbers"] for name, metric in found.items()} == {
        "Count": {"videos": 6},
        "Undrawn": {"videos": 6},
    }
    assert found["Count"]["pictures"] == ["count.png"] and not found["Undrawn"]["pictures"]
    assert capsys.readouterr().out.count("Count videos: 6") == 1
