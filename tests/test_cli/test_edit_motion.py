import math
from dataclasses import replace

import pytest
import torch

from mmctsvg.analysis.motion_pca import motion_pca
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import save_generator
from mmctsvg.datasets.readers import open_clip
from mmctsvg.motion import equalise, load_motion, make_loop, save_motion


@pytest.fixture
def run(tmp_path, small_model, load_tool):
    def edit(motion, *options, folder="out"):
        out = tmp_path / folder
        arguments = [motion, small_model, "--out-dir", out, "--device", "cpu", *options]
        load_tool("edit_motion").main([str(a) for a in arguments])
        return load_motion(out / "motion.safetensors")

    return edit


TIMES = torch.arange(30, dtype=torch.float64)


def test_gain_then_loop(tmp_path, small_model, run, capsys):
    """The same as by hand: 20 frames a second, so 2 Hz are 0.2 pi radians per frame."""
    motion = run(3, "--gain", "slow=2,fast=0.5,drift=0", "--edge", 2, "--loop", 0.5)
    inferencer = CTSVGInferencer(small_model, "cpu")
    waves = inferencer.waves(inferencer.sample_motion(1, seed=3))
    expected = equalise(waves, 0.2 * math.pi, slow=2, fast=0.5, drift=0)
    expected, _ = make_loop(expected, 10.0)
    assert torch.equal(motion.style.temporal(TIMES), expected.temporal(TIMES))
    torch.testing.assert_close(motion.times, TIMES[:10])
    assert motion.info["edit"]["loop"] == 0.5
    printed = capsys.readouterr().out
    assert "loop of 0.5 s" in printed
    for name in ("motion.safetensors", "edit.mp4", "edit.png"):
        assert (tmp_path / "out" / name).stat().st_size and name in printed


def test_edits_of_edits(tmp_path, small_model, run):
    run(3, "--drift", "wrap", "--span", 0.25, "--seconds", 0.5)
    first = tmp_path / "out" / "motion.safetensors"
    mix = ["--fast-from", 4, "--edge", 3, "--seconds", 0.5]
    again = run(first, "--pca", "1=-2", *mix, folder="again")
    inferencer = CTSVGInferencer(small_model, "cpu")
    m = inferencer.sample_motion(1, seed=3)[0]
    moved = inferencer.waves(motion_pca(inferencer).move(m, 1, -2.0))
    other = inferencer.sample_motion(1, seed=4)[0]
    fast = moved.frequency.abs() > 2 * math.pi * 3 / 20
    assert 0 < fast.sum() < len(fast)
    torch.testing.assert_close(again.style.m[1:], torch.where(fast, other[1:], moved.amplitude))
    assert (again.style.drift, again.style.span) == ("wrap", 5.0)


def test_principal_directions_move_fast_waves_too(small_model, run):
    inferencer = CTSVGInferencer(small_model, "cpu")
    m = inferencer.sample_motion(1, seed=3)[0]
    moved = motion_pca(inferencer).move(motion_pca(inferencer).move(m, 0, 2.0), 4, -1.0)
    motion = run(3, "--pca", "0=2,4=-1", "--edge", 0.1)
    torch.testing.assert_close(motion.style.m, moved)
    assert ((motion.style.m - m).abs() > 1e-3).all()
    expected = inferencer.waves(moved)
    torch.testing.assert_close(motion.style.temporal(TIMES), expected.temporal(TIMES))


def test_the_line_is_free_for_the_motions_own_length(run):
    """Not for that of the video, which may be long: 20 frames a second, seeds have four seconds."""
    motion = run(3, "--drift", "hold", "--seconds", 10)
    assert len(motion.times) == 200 and motion.style.span == pytest.approx(79)


def test_edits_belong_to_the_weights_that_made_them(
    tmp_path, small_model, run, make_generator, make_meta
):
    """The waves in the file are theirs, so others would show something else."""
    generator = make_generator()
    with torch.no_grad():
        generator.mapper.time2vec.weight.mul_(1.5)
    save_generator(tmp_path / "b.safetensors", generator, make_meta())
    other = CTSVGInferencer(tmp_path / "b.safetensors", "cpu")
    found = replace(other.find_motion(3), w_c=other.content_style(1, 0))
    save_motion(tmp_path / "foreign.safetensors", found)
    edited = run(tmp_path / "foreign.safetensors", "--any-weights", "--gain", "slow=2")
    inferencer = CTSVGInferencer(small_model, "cpu")
    assert edited.weights == inferencer.fingerprint != other.fingerprint
    assert torch.equal(edited.style.frequency, inferencer.waves(edited.style.m).frequency)
    assert edited.w_c is None  # which would be somebody else
    # Once edited, it keeps its own waves, and its owner.
    kept = replace(edited, weights=other.fingerprint)
    save_motion(tmp_path / "kept.safetensors", kept)
    options = ["--any-weights", "--gain", "slow=2"]
    again = run(tmp_path / "kept.safetensors", *options, folder="again")
    assert again.weights == other.fingerprint
    own = replace(inferencer.find_motion(3), w_c=inferencer.content_style(1, 0))
    save_motion(tmp_path / "own.safetensors", own)
    same = run(tmp_path / "own.safetensors", "--gain", "slow=2", "--seconds", 0.1, folder="own")
    assert torch.equal(same.w_c, own.w_c)


def test_no_motion_is_replaced_by_its_edit(tmp_path, small_model, run, load_tool, check_refusal):
    run(3, "--gain", "slow=2")
    run(3, "--gain", "slow=3")  # an edit may be made again
    path = tmp_path / "out" / "motion.safetensors"
    main, common = load_tool("edit_motion").main, ["--gain", "slow=2", "--device", "cpu"]
    before = path.read_bytes()
    for options in ([path, small_model], [3, small_model, "--fast-from", path]):
        arguments = [*options, *common, "--out-dir", tmp_path / "out"]
        check_refusal(main, arguments, "motion.safetensors", "choose another --out-dir")
    other = [4, small_model, *common, "--out-dir", tmp_path / "out"]
    check_refusal(main, other, "motion.safetensors", "is an edit of 3, not of 4", "--out-dir")
    assert path.read_bytes() == before
    found = tmp_path / "inversion" / "motion.safetensors"
    save_motion(found, CTSVGInferencer(small_model, "cpu").find_motion(5))
    arguments = [3, small_model, *common, "--out-dir", found.parent]
    check_refusal(main, arguments, "motion.safetensors", "choose another --out-dir")
    assert load_motion(found).info == {"seed": 5}


def test_generate_shows_the_edit(tmp_path, small_model, run, load_tool):
    from mmctsvg.utils.pixels import to_uint8

    motion = run(3, "--loop", 0.25)
    arguments = [small_model, "--motion", tmp_path / "out" / "motion.safetensors"]
    arguments += ["--actors", "ann", "--actions", "wave", "--format", "png", "--frames", 7]
    load_tool("generate").main([str(a) for a in [*arguments, "--out-dir", tmp_path / "shown"]])
    clip = open_clip(tmp_path / "shown" / "samples_frames" / "ann" / "wave")
    frames = clip.read(TIMES[:7].long().numpy())
    assert (frames[0] == frames[5]).all() and (frames[1] == frames[6]).all()
    expected = CTSVGInferencer(small_model, "cpu").render(range(7), "ann", "wave", motion=motion)
    assert abs(frames.astype(int) - to_uint8(expected)).max() <= 1


def test_refuses(tmp_path, small_model, load_tool, check_refusal):
    main = load_tool("edit_motion").main
    for options, words in (
        (["--gain", "loud=2"], "'loud' is none of drift, slow, fast"),
        (["--gain", "slow"], "write name=number"),
        (["--pca", "99=1"], "'99' is none of"),
        (["--loop", 0], "--loop is 0"),
        (["--span", 2], "--span belongs to --drift"),
        (["--fast-from", tmp_path / "none.safetensors"], "none.safetensors"),
        (["--action", "fly"], "'fly'"),
        (["--actors", "ann,eve"], "'eve'"),
    ):
        check_refusal(main, [3, small_model, *options, "--out-dir", tmp_path / "o"], words)
    check_refusal(main, [tmp_path / "m.safetensors", small_model], "m.safetensors")
    assert not (tmp_path / "o").exists()


def test_another_length_keeps_shift_and_tempo(tmp_path, small_model, run):
    """And forgets the clip, which has the old length."""
    inferencer = CTSVGInferencer(small_model, "cpu")
    times = 7 + 1.5 * torch.arange(9, dtype=torch.float64)
    info = {"clip": "clip.mp4", "crop": {}, "psnr": 20.0}
    found = replace(inferencer.find_motion(3), times=times, fps=inferencer.fps, info=info)
    save_motion(tmp_path / "found.safetensors", found)
    motion = run(tmp_path / "found.safetensors", "--seconds", 1)
    expected = 7 + 1.5 * torch.arange(round(inferencer.fps), dtype=torch.float64)
    torch.testing.assert_close(motion.times, expected)
    assert "clip" not in motion.info and motion.info["psnr"] == 20.0
    # One second is a second and a half of the model's.
    loop = run(tmp_path / "found.safetensors", "--loop", 1).style
    assert loop.period == pytest.approx(1.5 * inferencer.fps) and loop.start == 7
    # Edits of the loop leave its beginning, and the line is free for as long as the clip is.
    save_motion(tmp_path / "loop.safetensors", replace(found, style=loop, times=times + 2))
    again = run(tmp_path / "loop.safetensors", "--gain", "slow=2", folder="again")
    assert again.style.start == 7
    early = replace(found, times=times - 50)
    save_motion(tmp_path / "early.safetensors", early)
    held = run(tmp_path / "early.safetensors", "--drift", "hold", folder="held").style
    assert (held.start, held.span) == (-43, pytest.approx(12))


def test_the_video_keeps_to_the_clock_of_an_uneven_clip(tmp_path, small_model, run):
    """Two of seven frames were dropped; the motion keeps the times of the five."""
    times = torch.tensor([0.0, 1, 2, 5, 6], dtype=torch.float64)
    found = CTSVGInferencer(small_model, "cpu").find_motion(3)
    found = replace(found, times=times, fps=20 * 4 / 6)
    save_motion(tmp_path / "found.safetensors", found)
    options = ["--gain", "slow=2", "--actors", "ann", "--action", "nod"]
    edited = run(tmp_path / "found.safetensors", *options)
    video = open_clip(tmp_path / "out" / "edit.mp4")
    assert video.length == 7 and video.fps == pytest.approx(20)
    assert torch.equal(edited.times, times)
