import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.analysis.sync import make_instrument, measure_sync
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.apis.grid import plan_grids
from mmctsvg.checkpoints import save_generator
from mmctsvg.datasets.readers import open_clip
from mmctsvg.evaluation.metrics import LiASync, SynthTruth
from mmctsvg.evaluation.video import Video
from mmctsvg.motion import save_motion
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.visualization import VideoWriter
from mmctsvg.visualization.sound import has_sound

WIDE = {4: 8, 8: 8, 16: 8, 32: 8}


@pytest.fixture
def motion(tmp_path, small_model):
    """As of an inversion with a content style of its own, and the clip beside it."""
    inferencer = CTSVGInferencer(small_model, "cpu")
    video = inferencer.render(range(5), 1, 2)
    with VideoWriter(tmp_path / "clip.mp4", 10) as writer:
        writer.write(to_uint8(video))
    found = inferencer.find_motion(3, frames=5)
    info = {"clip": str(tmp_path / "clip.mp4"), "crop": {"left_top_side": None}}
    found = replace(found, w_c=inferencer.content_style(1, 0), fps=10.0, info=info)
    save_motion(tmp_path / "motion.safetensors", found)
    return tmp_path / "motion.safetensors"


def test_grid_with_the_clip_and_its_own_person(tmp_path, small_model, motion, load_tool, capsys):
    out = tmp_path / "out"
    arguments = [
        small_model,
        "--motion",
        motion,
        "--actors",
        "bob",
        "--sync",
        "none",
        "--speed",
        0.5,
    ]
    load_tool("generate").main([str(a) for a in [*arguments, "--out-dir", out, "--device", "cpu"]])
    printed = capsys.readouterr().out
    assert {p.name for p in out.iterdir()} == {"samples.mp4", "samples.png"}
    assert str(out / "samples.mp4") in printed and "sync" not in printed
    assert open_clip(out / "samples.mp4").length == 9  # five frames at half speed


@pytest.mark.parametrize("option", [(), ("--speed", 0.5), ("--reverse",)])
def test_sound_of_the_clip_belongs_to_its_own_pace(
    tmp_path, small_model, motion, load_tool, beep, option
):
    video = open_clip(tmp_path / "clip.mp4").read(range(5))
    with VideoWriter(tmp_path / "clip.mp4", 10, sound=beep) as writer:
        writer.write(np.stack(list(video)))
    arguments = [small_model, "--motion", motion, "--actors", "bob", "--sync", "none", *option]
    arguments += ["--out-dir", tmp_path / "out", "--device", "cpu"]
    load_tool("generate").main([str(a) for a in arguments])
    assert has_sound(tmp_path / "out" / "samples.mp4") == (not option)


def test_rows(small_model, motion, load_tool, capsys):
    tool = load_tool("generate")
    inferencer = CTSVGInferencer(small_model, "cpu")
    found = inferencer.find_motion(motion)
    original, _ = tool.find_clip(found, None, inferencer.size)
    assert original.shape == (5, 16, 16, 3)
    assert tool.find_clip(found, "none", inferencer.size)[0] is None
    gone = replace(found, info={**found.info, "clip": "gone.mp4"})
    assert tool.find_clip(gone, None, inferencer.size)[0] is None
    assert (
        "without the clip: gone.mp4: the motion's clip is no longer there"
        in capsys.readouterr().out
    )
    from mmctsvg.apis.grid import plan_grids, stream_grid

    (plan,) = plan_grids(inferencer, actors=["bob"], actions=["nod"], motions={"a": found.style})
    foreign = tool.add_rows(inferencer, plan, replace(found, weights="0" * 64), original)
    assert foreign.rows == ("clip", "bob")  # another model's content style is nobody here
    plan = tool.add_rows(inferencer, plan, found, original)
    assert plan.rows == ("clip", "found", "bob")
    video = np.concatenate(list(stream_grid(inferencer, plan, found.times.tolist(), chunk=2)))
    assert np.array_equal(video[:, 0, 0], original)
    own = inferencer.render(range(5), w_c=found.w_c, motion=found, chunk=2)
    assert np.array_equal(video[:, 1, 0], to_uint8(own))


def test_replay_in_python_is_render(small_model, motion):
    inferencer = CTSVGInferencer(small_model, "cpu")
    found = inferencer.find_motion(motion)
    videos = inferencer.replay(found, actions=["wave", 2])
    assert videos.shape == (2, 2, 5, 3, 16, 16)
    assert torch.equal(videos[1, 0], inferencer.render(range(5), 1, "wave", motion=found))
    assert inferencer.replay(found, [0], [0], times=[7.5]).shape == (1, 1, 1, 3, 16, 16)


def test_sync_is_the_metrics_number(tmp_path, make_generator, make_meta, load_tool, capsys):
    people = ["Mia", "Leo", "Zola"]
    meta = make_meta(actors=people, actions=["nod", "wave", "speak"], fps=15.0)
    save_generator(
        tmp_path / "drawn.safetensors", make_generator(3, 3, size=32, channels=WIDE), meta
    )
    out = tmp_path / "out"
    arguments = [
        str(tmp_path / "drawn.safetensors"),
        "--motion",
        "3",
        "--actions",
        "nod",
        "--seconds",
        "1",
    ]
    load_tool("generate").main([*arguments, "--out-dir", str(out), "--device", "cpu"])
    found = json.loads((out / "sync.json").read_text())
    inferencer = CTSVGInferencer(tmp_path / "drawn.safetensors", "cpu")
    metric = SynthTruth(frames=15, interval=0)
    for seed in (3, 1000):
        for actor in people:
            m = inferencer.sample_motion(1, seed=seed)[0]
            video = to_uint8(inferencer.render(range(15), actor, "nod", motion=m, chunk=8))
            labels = {"actor": actor, "action": "nod", "motion": str(seed)}
            metric.add(Video(frames=video, name=actor, **labels), real=False)
    records = metric.results.copy()
    assert found["control"] == metric.evaluate()["SynthTruth/sync_control"]
    metric.results = [r for r in records if r["motion"] == "3"]
    assert found["sync"] == metric.evaluate()["SynthTruth/sync"]
    assert f"sync {found['sync']:.3f}" in capsys.readouterr().out


def test_sync_is_saved_before_videos_that_fail(
    tmp_path, load_tool, make_generator, make_meta, monkeypatch
):
    def refuse(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr("mmctsvg.cli.generate.write_grid", refuse)
    path, out = tmp_path / "drawn.safetensors", tmp_path / "out"
    meta = make_meta(actors=["Mia", "Leo"], actions=["nod", "wave", "speak"])
    save_generator(path, make_generator(2, 3, size=32, channels=WIDE), meta)
    arguments = [path, "--motion", 3, "--actions", "nod", "--seconds", 0.5, "--out-dir", out]
    with pytest.raises(OSError, match="no space left"):
        load_tool("generate").main([str(a) for a in [*arguments, "--device", "cpu"]])
    assert json.loads((out / "sync.json").read_text())["frames"] == 10


def test_unreadable_sound_of_the_clip_is_reported_once(
    tmp_path, small_model, motion, load_tool, beep, spoil_sound, caplog
):
    video = open_clip(tmp_path / "clip.mp4").read(range(5))
    with VideoWriter(tmp_path / "clip.mp4", 10, sound=beep) as writer:
        writer.write(np.stack(list(video)))
    spoil_sound(tmp_path / "clip.mp4")
    arguments = [small_model, "--motion", motion, "--actors", "bob", "--sync", "none"]
    arguments += ["--out-dir", tmp_path / "out", "--device", "cpu"]
    load_tool("generate").main([str(a) for a in arguments])
    (record,) = caplog.records
    assert "clip.mp4: its sound cannot be read" in record.getMessage()
    assert open_clip(tmp_path / "out" / "samples.mp4").length == 5


def test_one_person_has_nobody_to_keep_in_step_with(tmp_path, load_tool, make_generator, make_meta):
    path = tmp_path / "drawn.safetensors"
    meta = make_meta(actors=["Mia", "Leo"], actions=["nod", "wave", "speak"])
    save_generator(path, make_generator(2, 3, size=32, channels=WIDE), meta)
    arguments = [
        str(path),
        "--motion",
        "3",
        "--actors",
        "Mia",
        "--actions",
        "nod",
        "--seconds",
        "0.5",
    ]
    load_tool("generate").main([*arguments, "--out-dir", str(tmp_path / "o"), "--device", "cpu"])
    assert json.loads((tmp_path / "o" / "sync.json").read_text())["sync"] is None


def test_lips_of_one_video(small_model, motion):
    """Nor has it anybody's lips to keep in step with."""
    inferencer = CTSVGInferencer(small_model, "cpu")
    m = inferencer.sample_motion(1)[0]
    (plan,) = plan_grids(inferencer, actors=[0], actions=[1], motions={"a": m})
    # Its frames are never looked at.
    found = measure_sync(inferencer, plan, range(5), LiASync(frames=5, detector=object()))
    assert found["videos"] == 1 and np.isnan(found["sync"]) and np.isnan(found["control"])


def test_without_an_instrument(
    tmp_path, small_model, motion, load_tool, check_refusal, monkeypatch, capsys
):
    """What nobody asked for does not keep the video from being made; else it is said first."""
    monkeypatch.setenv("MMCTSVG_WEIGHTS_LANDMARKS68", str(tmp_path / "gone.dat"))
    main = load_tool("generate").main
    arguments = [
        small_model,
        "--motion",
        motion,
        "--actors",
        "ann",
        "--actions",
        "nod",
        "--device",
        "cpu",
    ]
    main([str(a) for a in [*arguments, "--out-dir", tmp_path / "out"]])
    assert "without sync: " in capsys.readouterr().out
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"samples.mp4", "samples.png"}
    arguments += ["--sync", "lips", "--out-dir", tmp_path / "lips"]
    check_refusal(main, arguments, "gone.dat")
    assert not (tmp_path / "lips").exists()


def test_refuses(tmp_path, small_model, motion, load_tool, check_refusal):
    main = load_tool("generate").main
    out = ["--out-dir", tmp_path / "o", "--device", "cpu"]
    for options, words in (
        (["--speed", 0], "--speed is 0: it must be above 0"),
        (["--fps", -1], "--fps is -1: it must be above 0"),
        (["--fps", 0], "--fps is 0: it must be above 0"),
        (["--seconds", 0], "--seconds is 0: it must be above 0"),
        (["--frames", 3, "--speed", 2], "--speed 2.0 changes the motion's own times"),
        (["--times", "0,1", "--clip", tmp_path / "clip.mp4"], "at the motion's own times only"),
        (["--sync", "drawn"], "use 'lips'"),
        (["--actors", "eve"], "'eve'"),
        (["--clip", tmp_path / "other.mp4"], "other.mp4 does not exist"),
    ):
        check_refusal(main, [small_model, "--motion", motion, *options, *out], words)
    check_refusal(
        main, [small_model, "--motion", tmp_path / "none.safetensors", *out], "none.safetensors"
    )
    with VideoWriter(tmp_path / "short.mp4", 10) as writer:
        writer.write(np.zeros((3, 16, 16, 3), np.uint8))
    check_refusal(
        main,
        [small_model, "--motion", motion, "--clip", tmp_path / "short.mp4", *out],
        "has 3 frames",
    )
    assert not (tmp_path / "o").exists()


def test_sync_of_people_whom_the_instrument_does_not_know(small_model, motion):
    """There is nothing to compare, and that is said."""
    inferencer = CTSVGInferencer(small_model, "cpu")
    (plan,) = plan_grids(inferencer, motions={"a": inferencer.sample_motion(1)[0]})
    found = measure_sync(inferencer, plan, range(5), make_instrument("drawn", 5))
    assert found["videos"] == 0 and np.isnan(found["sync"]) and found["notes"]
