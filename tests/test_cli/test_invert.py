from pathlib import Path

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.datasets.crops import Box
from mmctsvg.inversion.temporal import TemporalInversion
from mmctsvg.motion import load_motion
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.visualization import VideoWriter
from mmctsvg.visualization.sound import has_sound


@pytest.fixture
def clip(tmp_path, small_model):
    with VideoWriter(tmp_path / "clip.mp4", 10) as writer:
        writer.write(to_uint8(CTSVGInferencer(small_model, "cpu").render(range(5), 1, 2)))
    return tmp_path / "clip.mp4"


def test_inverts_and_replays(tmp_path, small_model, clip, load_tool, capsys):
    out = tmp_path / "out"
    arguments = [
        clip,
        small_model,
        "--actor",
        "bob",
        "--action",
        2,
        "--lpips",
        "none",
        "--steps",
        3,
    ]
    load_tool("invert").main([str(a) for a in [*arguments, "--out-dir", out, "--device", "cpu"]])
    printed = capsys.readouterr().out
    assert "dB over 5 frames" in printed
    files = ("motion.safetensors", "inversion.mp4", "inversion.png", "curves.png")
    assert all((out / name).stat().st_size and str(out / name) in printed for name in files)
    assert {p.name for p in out.iterdir()} == set(files)
    inferencer = CTSVGInferencer(small_model, "cpu")
    motion = load_motion(out / "motion.safetensors", inferencer.generator)
    # The clip has 10 frames a second, the training 20.
    assert motion.times.tolist() == pytest.approx(2 * np.arange(5), abs=1e-3)
    assert motion.fps == pytest.approx(10) and motion.info["lpips"] == "none"

    replay = [small_model, "--motion", out / "motion.safetensors", "--actors", "ann"]
    replay += ["--actions", "wave", "--format", "png", "--out-dir", tmp_path / "replay"]
    load_tool("generate").main([str(a) for a in replay])
    from mmctsvg.datasets.readers import open_clip

    shown = open_clip(tmp_path / "replay" / "samples_frames" / "ann" / "wave").read(np.arange(5))
    expected = inferencer.render(motion.times.tolist(), "ann", "wave", motion=motion)
    assert np.abs(shown.astype(int) - to_uint8(expected)).max() <= 1


def test_a_motion_that_cannot_be_saved_loses_no_step(
    tmp_path, small_model, clip, load_tool, monkeypatch, capsys
):
    arguments = [clip, small_model, "--actor", 0, "--action", 0, "--lpips", "none", "--steps", 3]
    arguments = [str(a) for a in [*arguments, "--out-dir", tmp_path / "out", "--device", "cpu"]]
    main = load_tool("invert").main

    def refuse(*_):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("mmctsvg.cli.invert.save_motion", refuse)
        with pytest.raises(OSError, match="no space left"):
            main(arguments)
    state = tmp_path / "out" / "state.pt"
    assert {p.name for p in state.parent.iterdir()} == {"state.pt"}
    steps = []
    advance = TemporalInversion.advance
    monkeypatch.setattr(
        TemporalInversion, "advance", lambda run: steps.append(run.step) or advance(run)
    )
    main(arguments)
    assert not steps and not state.exists()
    assert (tmp_path / "out" / "motion.safetensors").is_file()


def test_keeps_the_motion_of_another_clip(tmp_path, small_model, clip, load_tool, check_refusal):
    common = [small_model, "--actor", 0, "--action", 0, "--lpips", "none", "--steps", 1]
    common += ["--out-dir", tmp_path / "out", "--device", "cpu"]
    main = load_tool("invert").main
    main([str(a) for a in [clip, *common, "--fps", 5]])
    kept = (tmp_path / "out" / "motion.safetensors").read_bytes()
    (tmp_path / "other.mp4").write_bytes(clip.read_bytes())
    check_refusal(main, [tmp_path / "other.mp4", *common], f"is the motion of {clip}", "--out-dir")
    result = tmp_path / "out" / "motion.safetensors"
    assert result.read_bytes() == kept
    result.write_bytes(kept[:-9])
    check_refusal(main, [clip, *common], "motion.safetensors", "cannot be read; remove it")
    assert result.read_bytes() == kept[:-9]
    result.write_bytes(kept)
    assert load_motion(tmp_path / "out" / "motion.safetensors").info["fps"] == 5
    main([str(a) for a in [clip, *common]])  # the same clip may be inverted anew
    assert (tmp_path / "out" / "motion.safetensors").read_bytes() != kept


def test_several_clips_of_which_one_is_broken(
    tmp_path, small_model, clip, load_tool, check_refusal
):
    (tmp_path / "bad.mp4").write_bytes(b"no video" * 100)
    second = tmp_path / "second.mp4"
    second.write_bytes(clip.read_bytes())
    out = tmp_path / "out"
    arguments = [clip, tmp_path / "bad.mp4", second, small_model, "--actor", 0, "--action", 0]
    arguments += ["--lpips", "none", "--steps", 2, "--out-dir", out, "--device", "cpu"]
    check_refusal(load_tool("invert").main, arguments, "1 of 3 clips", "bad.mp4")
    first, same = (load_motion(out / name / "motion.safetensors") for name in ("clip", "second"))
    assert torch.equal(first.m, same.m) and not (out / "bad" / "motion.safetensors").exists()
    tool = load_tool("invert")
    check_refusal(tool.main, [clip, clip, small_model], "two clips are named ", "-clip")
    alike = [Path("clips/ann/wave/0.mp4"), Path("clips/bob/wave/0.mp4")]
    assert tool.choose_folders(alike, out) == [out / "ann-wave-0", out / "bob-wave-0"]


def test_says_which_face_it_took(tmp_path, small_model, load_tool, monkeypatch, capsys):
    with VideoWriter(tmp_path / "two.mp4", 10) as writer:
        writer.write(np.zeros((3, 32, 64, 3), np.uint8))
    boxes = [Box(left=0, top=0, side=20), Box(left=30, top=0, side=32)]
    monkeypatch.setattr("mmctsvg.datasets.clip.face_boxes", lambda frames: boxes)
    arguments = [tmp_path / "two.mp4", small_model, "--crop", "face", "--actor", 0, "--action", 0]
    arguments += ["--lpips", "none", "--steps", 1, "--out-dir", tmp_path / "out", "--device", "cpu"]
    main = load_tool("invert").main
    main([str(a) for a in arguments])
    assert "2 faces: took face 1, the largest; --face" in capsys.readouterr().out
    motion = load_motion(tmp_path / "out" / "motion.safetensors")
    assert motion.info["crop"]["left_top_side"] == [30, 0, 32]
    main([str(a) for a in [*arguments, "--face", 0]])
    assert "faces" not in capsys.readouterr().out


def test_refuses(tmp_path, small_model, clip, load_tool, check_refusal, make_generator, make_meta):
    tool = load_tool("invert")
    common = ["--lpips", "none", "--device", "cpu", "--out-dir", tmp_path / "out"]
    check_refusal(tool.main, [tmp_path / "x.mp4", small_model, *common], "x.mp4", "does not exist")
    check_refusal(tool.main, [clip, tmp_path / "y.safetensors", *common], "y.safetensors")
    check_refusal(tool.main, [clip, small_model, "--steps", 0, *common], "--steps is 0")
    check_refusal(tool.main, [clip, small_model, "--frames", 1, *common], "clip.mp4", "one frame")
    check_refusal(tool.main, [clip, small_model, "--optimise", "z", *common], "'z'")
    assert not (tmp_path / "out").exists()


def test_generate_refuses_another_models_motion(
    tmp_path, small_model, load_tool, check_refusal, make_generator, make_meta
):
    from mmctsvg.motion import Motion, save_motion

    path = tmp_path / "motion.safetensors"
    times = torch.arange(3.0)
    save_motion(path, Motion(style=torch.ones(12), times=times, fps=9.0, weights="0" * 64))
    generate = load_tool("generate")
    arguments = [small_model, "--motion", path, "--out-dir", tmp_path / "o"]
    check_refusal(generate.main, arguments, "motion.safetensors", "--any-weights")
    check_refusal(generate.main, [*arguments, "--seeds", "1"], "--motion", "--seeds")
    generate.main([str(a) for a in [*arguments, "--any-weights", "--actors", "0"]])
    assert (tmp_path / "o" / "samples.mp4").is_file()


def test_unreadable_sound_is_reported_before_the_optimisation(
    tmp_path, small_model, load_tool, beep, spoil_sound, caplog, monkeypatch
):
    path, out = tmp_path / "clip.mp4", tmp_path / "out"
    with VideoWriter(path, 10, sound=beep) as writer:
        writer.write(to_uint8(CTSVGInferencer(small_model, "cpu").render(range(5), 1, 2)))
    spoil_sound(path)
    reported, advance = [], TemporalInversion.advance
    monkeypatch.setattr(
        TemporalInversion, "advance", lambda run: reported.append(caplog.text) or advance(run)
    )
    arguments = [path, small_model, "--actor", 0, "--action", 0, "--lpips", "none", "--steps", 2]
    load_tool("invert").main([str(a) for a in [*arguments, "--out-dir", out, "--device", "cpu"]])
    assert reported and all(str(path) in text for text in reported)
    assert len(caplog.records) == 1 and "cannot be read" in caplog.text
    assert (out / "motion.safetensors").exists() and (out / "inversion.png").exists()
    assert not has_sound(out / "inversion.mp4") and (out / "inversion.mp4").exists()


def test_the_numbers_are_printed_before_a_drawing_that_fails(
    tmp_path, small_model, clip, load_tool, monkeypatch, capsys
):
    def refuse(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr("mmctsvg.cli.invert.write_comparison", refuse)
    out = tmp_path / "out"
    arguments = [clip, small_model, "--actor", 0, "--action", 0, "--lpips", "none", "--steps", 2]
    with pytest.raises(OSError, match="no space left"):
        load_tool("invert").main([str(a) for a in [*arguments, "--out-dir", out, "--device=cpu"]])
    assert "dB over 5 frames" in capsys.readouterr().out
    assert load_motion(out / "motion.safetensors").info["psnr"]
