import csv
import json

import pytest

from mmctsvg.analysis.motion_benchmark import SCORES, Benchmark, DrawnEntry
from mmctsvg.checkpoints import save_generator
from mmctsvg.cli import motion_benchmark
from mmctsvg.datasets import synth
from mmctsvg.evaluation.metrics.synth_truth import NAMES
from mmctsvg.visualization.video import FrameFolder

TOOL = "motion_benchmark"


class Small(Benchmark):
    """Two clips, two motions, two actors on the grid."""

    def __init__(self):
        super().__init__(version="small", clips=2, motions=2, clip_frames=10, grid_frames=10)
        self.__dict__["cells"] = [cell for cell in Benchmark().cells if cell[0] in ("Mia", "Omar")]


@pytest.fixture
def main(load_tool, monkeypatch):
    monkeypatch.setattr(motion_benchmark, "Benchmark", Small)
    monkeypatch.setattr(motion_benchmark.INVERSION, "steps", 2)
    run = load_tool(TOOL).main
    return lambda arguments: run([str(argument) for argument in arguments])


@pytest.fixture
def model(tmp_path, make_generator, make_meta):
    channels = {4: 8, 8: 8, 16: 8, 32: 4}
    path = tmp_path / "model.safetensors"
    meta = make_meta(actors=list(NAMES), actions=list(synth.ACTIONS), fps=15.0)
    save_generator(path, make_generator(8, 5, size=32, channels=channels), meta)
    return path


def read(folder):
    return json.loads((folder / "card.json").read_text())


@pytest.mark.slow
def test_a_generator_is_scored_goes_on_and_is_never_mixed(
    tmp_path, main, model, monkeypatch, capsys, check_refusal, make_generator, make_meta
):
    out, options = tmp_path / "out", ["--device", "cpu", "--out-dir", tmp_path / "out"]
    find, found = motion_benchmark.find_or_invert, []

    def once(folder, *rest):
        found.append(folder.name)
        if len(set(found)) == 2:
            raise KeyboardInterrupt
        return find(folder, *rest)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(motion_benchmark, "find_or_invert", once)
        main(["score", model, *options])
    assert not (out / "card.json").exists() and len(list((out / "pieces").iterdir())) == 1
    kept = next((out / "pieces").iterdir())
    before = kept.stat().st_mtime_ns
    capsys.readouterr()
    main(["score", model, *options])
    printed = capsys.readouterr().out
    assert "motion1: 4 of 4, about 0.0 min left" in printed and str(out / "card.md") in printed
    assert kept.stat().st_mtime_ns == before
    card = read(out)
    assert set(card["metrics"]) == set(SCORES)
    for name, metric in card["metrics"].items():
        numbers = metric["numbers"]
        assert {"value", "low", "high", "real clips", "frozen", "other takes"} <= numbers.keys()
        assert numbers["frozen"] == (1 if name == "diversity" else pytest.approx(0, abs=1e-6))
        assert metric["protocol"]["benchmark"] == "drawn people, version small"
        assert metric["protocol"]["size"] == 32
    assert (
        card["metrics"]["recovery"]["videos"] == 2 and card["metrics"]["synchrony"]["videos"] == 20
    )
    assert card["metrics"]["amplitude"]["numbers"]["real clips"] == pytest.approx(1)
    assert card["subject"]["numbers of a motion"] == 12
    assert (out / "scores.png").stat().st_size and "| synchrony value |" in (
        out / "card.md"
    ).read_text()

    text = (out / "card.json").read_text()
    other = tmp_path / "other.safetensors"
    meta = make_meta(actors=list(NAMES), actions=list(synth.ACTIONS), fps=15.0)
    channels = {4: 8, 8: 8, 16: 8, 32: 4}
    save_generator(other, make_generator(8, 5, size=32, channels=channels, motion_dim=10), meta)
    check_refusal(main, ["score", other, *options], "its sha256 is", "choose another --out-dir")
    kept.write_text("{")
    check_refusal(main, ["score", model, *options], kept.name, "cannot be read")
    assert (out / "card.json").read_text() == text


@pytest.mark.slow
def test_data_and_a_folder(tmp_path, main, check_refusal):
    data = tmp_path / "data"
    main(["data", "--out-dir", data, "--takes", 2, "--size", 32])
    with open(data / "annotations.csv", newline="") as file:
        clips = list(csv.DictReader(file))
    assert sum(clip["is_train"] == "1" for clip in clips) == 8 * 2 and len(clips) == 18
    with open(data / "videos.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 + 2 + 2 * 10
    check_refusal(main, ["data", "--takes", "300"], "--takes is 300", "held out")

    videos, drawn = tmp_path / "videos", DrawnEntry(Small(), 32, "real")
    shown = {str(motion): drawn.show(motion) for motion in range(2)}
    for row in rows:
        if row["path"].startswith("grid"):
            video = shown[row["motion"]][f"{row['actor']}/{row['action']}"]
            with FrameFolder(videos / row["path"]) as writer:
                writer.write(video.frames)
    main(["score", videos, "--out-dir", tmp_path / "out"])
    card = read(tmp_path / "out")
    assert card["subject"] == {"videos": str(videos)}
    assert card["metrics"]["recovery"]["numbers"] == {}
    assert card["metrics"]["recovery"]["notes"] == ["not applicable: there is no folder recovery"]
    for name in ("synchrony", "amplitude", "diversity", "transfer_seen", "transfer_unseen"):
        numbers = card["metrics"][name]["numbers"]
        assert numbers["value"] == pytest.approx(numbers["real clips"]), name
    (videos / rows[-1]["path"] / "000003.png").unlink()
    before = (tmp_path / "out" / "card.json").read_text()
    check_refusal(main, ["score", videos, "--out-dir", tmp_path / "out"], "has 9 frames")
    assert (tmp_path / "out" / "card.json").read_text() == before
