import json

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import load_tuning, save_generator
from mmctsvg.datasets.readers import open_clip
from mmctsvg.inversion.pivotal import PivotalTuning
from mmctsvg.inversion.temporal import TemporalInversion
from mmctsvg.motion import load_motion
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.visualization import VideoWriter


@pytest.fixture
def motion(tmp_path, small_model, load_tool):
    """As tools/invert.py leaves it."""
    with VideoWriter(tmp_path / "anna.mp4", 10) as writer:
        writer.write(to_uint8(0.5 * CTSVGInferencer(small_model, "cpu").render(range(5), 1, 2)))
    arguments = [
        tmp_path / "anna.mp4",
        small_model,
        "--actor",
        "ann",
        "--action",
        2,
        "--lpips",
        "none",
    ]
    arguments += ["--steps", 2, "--out-dir", tmp_path / "inversion", "--device", "cpu"]
    load_tool("invert").main([str(a) for a in arguments])
    return tmp_path / "inversion" / "motion.safetensors"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setenv("MMCTSVG_OFFLINE", "1")


@pytest.mark.slow
def test_tunes_and_the_person_is_an_actor(tmp_path, small_model, motion, load_tool, capsys):
    out = tmp_path / "out"
    arguments = [motion, small_model, "--lpips", "none", "--steps", 4, "--content-steps", 3]
    arguments += ["--out-dir", out, "--device", "cpu", "--rank", 1]
    load_tool("tune").main([str(a) for a in arguments])
    printed = capsys.readouterr().out
    files = {"tuning.safetensors", "tuning.mp4", "tuning.png", "curves.png", "report.json"}
    assert {p.name for p in out.iterdir()} == files
    assert all(str(out / name) in printed for name in files) and "actor 'anna'" in printed
    report = json.loads((out / "report.json").read_text())
    assert f"{report['stages']['tuned']['psnr']:.2f} dB" in printed
    assert report["notes"] and report["notes"][0] in printed  # noise has no faces
    assert load_tuning(out / "tuning.safetensors").name == "anna"
    assert open_clip(out / "tuning.mp4").length == 5

    tuning = ["--tuning", out / "tuning.safetensors"]
    common = [*tuning, "--actors", "anna,bob", "--device", "cpu"]
    generate = [small_model, "--motion", motion, *common, "--format", "png"]
    generate += ["--actions", "wave,nod", "--out-dir", tmp_path / "videos"]
    load_tool("generate").main([str(a) for a in generate])
    inferencer = CTSVGInferencer(small_model, "cpu", tuning=out / "tuning.safetensors")
    found = inferencer.find_motion(motion)
    for actor, action in (("anna", "wave"), ("anna", "nod"), ("bob", "nod")):
        video = inferencer.render(found.times.tolist(), actor, action, motion=found)
        frames = open_clip(tmp_path / "videos" / "samples_frames" / actor / action)
        shown = frames.read(np.arange(5)).astype(int)
        assert np.abs(shown - to_uint8(video)).max() <= 1
    again = [tmp_path / "anna.mp4", small_model, *tuning, "--actor", "anna", "--action", "nod"]
    again += ["--lpips", "none", "--steps", 2, "--out-dir", tmp_path / "again", "--device", "cpu"]
    load_tool("invert").main([str(a) for a in again])
    second = load_motion(tmp_path / "again" / "motion.safetensors")
    assert (second.actor, second.weights) == ("anna", found.weights)
    edit = [tmp_path / "again" / "motion.safetensors", small_model, *common, "--gain", "slow=2"]
    load_tool("edit_motion").main([str(a) for a in [*edit, "--out-dir", tmp_path / "edited"]])
    assert (tmp_path / "edited" / "edit.mp4").is_file()
    replay = [
        small_model,
        "--motion",
        motion,
        *common,
        "--sync",
        "none",
        "--out-dir",
        tmp_path / "replay",
    ]
    load_tool("generate").main([str(a) for a in replay])
    assert (tmp_path / "replay" / "samples.mp4").is_file()


def test_a_tuning_that_cannot_be_saved_loses_no_step(
    tmp_path, small_model, motion, load_tool, monkeypatch
):
    arguments = [motion, small_model, "--lpips", "none", "--steps", 2, "--content-steps", 2]
    arguments = [str(a) for a in [*arguments, "--out-dir", tmp_path / "out", "--device", "cpu"]]
    main = load_tool("tune").main

    def refuse(*_):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("mmctsvg.cli.tune.save_tuning", refuse)
        with pytest.raises(OSError, match="no space left"):
            main(arguments)
    state = tmp_path / "out" / "state.pt"
    assert {p.name for p in state.parent.iterdir()} == {"state.pt"}
    for kind in (TemporalInversion, PivotalTuning):
        monkeypatch.setattr(kind, "advance", lambda run: pytest.fail("a step is taken again"))
    main(arguments)
    assert not state.exists() and (tmp_path / "out" / "tuning.safetensors").is_file()


@pytest.mark.slow
def test_refuses(
    tmp_path, small_model, motion, load_tool, check_refusal, make_generator, make_meta
):
    out = ["--lpips", "none", "--out-dir", tmp_path / "o", "--device", "cpu"]
    tune = load_tool("tune").main
    for options, *words in (
        (["--name", "bob"], "--name bob", "--name"),
        (["--layers", "eyes"], "'eyes'", "4, 8, 16"),
        (["--rank", 0], "rank is 0"),
        (["--clip", tmp_path / "x.mp4"], "x.mp4", "does not exist"),
    ):
        check_refusal(tune, [motion, small_model, *options, *out], *words)
    check_refusal(tune, [small_model, small_model, *out], "holds no motion")
    assert not (tmp_path / "o").exists()
    save_generator(
        tmp_path / "j.safetensors", make_generator(), make_meta(actors=["Jos\u00e9", "b"])
    )
    name = ["--name", "Jose\u0301"]
    check_refusal(tune, [motion, tmp_path / "j.safetensors", *name, *out], "that no actor has")
    with torch.no_grad():
        other = make_generator()
        other.synthesis.constant[0, 0, 0, 0] += 1
    save_generator(tmp_path / "other.safetensors", other, make_meta())
    check_refusal(tune, [motion, tmp_path / "other.safetensors", *out], "belongs to the weights")
    arguments = [motion, small_model, "--steps", 0, "--content-steps", 0, "--known-actor", *out]
    tune([str(a) for a in arguments])
    check_refusal(tune, [*arguments, "--name", "eva"], "is the tuning to 'anna'", "--out-dir")
    result = tmp_path / "o" / "tuning.safetensors"
    whole = result.read_bytes()
    result.write_bytes(whole[:-9])
    check_refusal(tune, arguments, "tuning.safetensors", "cannot be read; remove it")
    result.write_bytes(whole)
    (tmp_path / "anna.mp4").rename(tmp_path / "moved.mp4")
    check_refusal(tune, [*arguments, "--seed", 1], "anna.mp4", "no longer there", "--clip PATH")
    tuning = ["--tuning", tmp_path / "o" / "tuning.safetensors", "--out-dir", tmp_path / "p"]
    generate = load_tool("generate").main
    other = [tmp_path / "other.safetensors"]
    check_refusal(generate, [*other, *tuning], "'anna' belongs to the weights", "give those")
    moved = [small_model, "--tuning", tmp_path / "none.safetensors"]
    check_refusal(generate, moved, "none.safetensors: there is no such file")


def test_unreadable_sound_is_reported_before_the_tuning(
    tmp_path, small_model, motion, load_tool, beep, spoil_sound, caplog, monkeypatch
):
    frames = open_clip(tmp_path / "anna.mp4").read(np.arange(5))
    with VideoWriter(tmp_path / "anna.mp4", 10, sound=beep) as writer:
        writer.write(np.stack(list(frames)))
    spoil_sound(tmp_path / "anna.mp4")

    def stop(*_, **__):
        raise RuntimeError("tuning begins")

    monkeypatch.setattr("mmctsvg.cli.tune.tune", stop)
    arguments = [motion, small_model, "--lpips", "none", "--out-dir", tmp_path / "out"]
    with pytest.raises(RuntimeError, match="tuning begins"):
        load_tool("tune").main([str(a) for a in [*arguments, "--device", "cpu"]])
    (record,) = caplog.records
    assert "anna.mp4: its sound cannot be read" in record.getMessage()


@pytest.mark.parametrize("fails", ["write_tuning_curves", "write_comparison"])
def test_the_numbers_are_saved_before_a_drawing_that_fails(
    tmp_path, small_model, motion, load_tool, monkeypatch, capsys, fails
):
    def refuse(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(f"mmctsvg.cli.tune.{fails}", refuse)
    out = tmp_path / "out"
    arguments = [motion, small_model, "--lpips", "none", "--steps", 2, "--content-steps", 1]
    with pytest.raises(OSError, match="no space left"):
        load_tool("tune").main([str(a) for a in [*arguments, "--out-dir", out, "--device=cpu"]])
    assert {"tuning.safetensors", "report.json"} <= {p.name for p in out.iterdir()}
    assert "best after" in capsys.readouterr().out
