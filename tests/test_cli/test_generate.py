import resource
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import save_generator
from mmctsvg.cli.parsers.generation import times
from mmctsvg.motion import save_motion

ROOT = Path(__file__).parents[2]


@pytest.fixture
def generate(load_tool):
    return load_tool("generate")


def decode(path):
    with av.open(str(path)) as video:
        return np.stack([p.to_ndarray(format="rgb24") for p in video.decode(video=0)])


def test_video_and_sheet_by_default(tmp_path, small_model, generate, capsys):
    out = tmp_path / "out"
    generate.main([str(small_model), "--out-dir", str(out)])
    assert capsys.readouterr().out.splitlines() == [
        str(out / "samples.mp4"),
        str(out / "samples.png"),
    ]
    video = decode(out / "samples.mp4")
    assert len(video) == 32 and video.shape[1] % 2 == 0
    with av.open(str(out / "samples.mp4")) as container:
        assert container.streams.video[0].guessed_rate == 20  # of the training clips


def test_the_same_seed_gives_the_same_file(tmp_path, small_model, generate):
    for name in ("a", "b", "c"):
        seed = "1" if name == "c" else "0"
        generate.main(
            [str(small_model), "--out-dir", str(tmp_path / name), "--frames", "4"]
            + ["--seeds", seed, "--noise", "random", "--format", "mp4,gif,sheet"]
        )
    for ending in ("mp4", "gif", "png"):
        files = [(tmp_path / name / f"samples.{ending}").read_bytes() for name in "abc"]
        assert files[0] == files[1] != files[2]


def test_noise_is_by_default_that_of_the_training(tmp_path, make_generator, make_meta, generate):
    path = tmp_path / "flickering.safetensors"
    save_generator(path, make_generator(1, 1, layer_noise="official"), make_meta(1, 1))
    for name, options in (("a", []), ("b", ["--noise", "random"]), ("c", ["--noise", "fixed"])):
        generate.main(
            [str(path), "--out-dir", str(tmp_path / name), "--times", "1,1"]
            + ["--format", "sheet", *options]
        )
    default, random, fixed = [(tmp_path / n / "samples.png").read_bytes() for n in "abc"]
    assert default == random != fixed


def test_choices(tmp_path, small_model, generate, capsys):
    generate.main(
        [str(small_model), "--out-dir", str(tmp_path / "o"), "--format", "png"]
        + ["--actors", "bob", "--actions", "wave, 0", "--seeds", "0:2", "--times", "0:1:0.25"]
    )
    assert len(capsys.readouterr().out.splitlines()) == 2
    for seed in (0, 1):
        folder = tmp_path / "o" / f"samples_seed{seed}_frames"
        assert sorted(str(p.relative_to(folder)) for p in folder.glob("*/*")) == [
            "bob/nod",
            "bob/wave",
        ]
        assert len(list(folder.glob("bob/wave/*.png"))) == 4


def test_a_long_video_begins_like_a_short_one(tmp_path, small_model, generate):
    for name, frames in (("short", "3"), ("long", "21")):
        generate.main(
            [str(small_model), "--out-dir", str(tmp_path / name), "--frames", frames]
            + ["--format", "png", "--actors", "0", "--actions", "0"]
        )
    short = sorted((tmp_path / "short").rglob("*.png"))
    assert len(short) == 3
    for path in short:
        long = tmp_path / "long" / path.relative_to(tmp_path / "short")
        assert path.read_bytes() == long.read_bytes()


def test_unconditional(tmp_path, generate, make_generator, make_meta):
    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(0, 0), make_meta(0, 0))
    generate.main([str(path), "--out-dir", str(tmp_path), "--frames", "2", "--format", "png"])
    assert len(list((tmp_path / "samples_frames").glob("content_*/motion_*"))) == 16


def test_times():
    assert times("0,0.5,-2") == [0, 0.5, -2]
    assert times("7") == [7]
    assert times("-1:1:0.5") == [-1, -0.5, 0, 0.5]
    assert times("3:0:-1") == [3, 2, 1]
    assert times("2:4") == [2, 3]
    assert times("1:1.3:0.1") == pytest.approx([1, 1.1, 1.2])
    assert times("0:0.3:0.1") == pytest.approx([0, 0.1, 0.2])
    assert times("0:0.31:0.1") == pytest.approx([0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.safetensors"], ["missing.safetensors: there is no such file"]),
        (["{folder}"], ["is a folder"]),
        (["--actors", "eve"], ["'eve'", "ann, bob"]),
        (["--actions", "7"], ["'7'", "nod, wave"]),
        (["--frames", "0"], ["--frames is 0: it must be at least 1"]),
        (["--frames", "2", "--times", "0"], ["--times: not allowed with argument --frames"]),
        (["--times", "0:x"], ["--times: 0:x: write"]),
        (["--times", "0:1:0"], ["--times: 0:1:0: write"]),
        (["--times", "1:0"], ["no frame"]),
        (["--times", "nan"], ["finite"]),
        (["--times", "0:inf"], ["--times: 0:inf: write"]),
        (["--times", "0:nan:1"], ["--times: 0:nan:1: write"]),
        (["--times", "0:1:2:3"], ["START:STOP"]),
        (["--seeds", "a"], ["--seeds is 'a': write"]),
        (["--seeds", "1", "--motion", "2"], ["--motion: not allowed with argument --seeds"]),
        (["--seeds", "3:3"], ["--seeds is '3:3': write"]),
        (["--speed", "2"], ["--speed 2.0 belongs to --motion"]),
        (["--reverse"], ["--reverse belongs to --motion"]),
        (["--motion", "3", "--times", "0,1", "--reverse"], ["--reverse changes the motion's own"]),
        (["--format", "avi"], ["'avi'", "mp4, gif, png, sheet"]),
        (["--noise", "loud"], ["'loud'", "fixed"]),
        (["--fps", "0"], ["fps"]),
        (["--format", "mp4,gif", "--fps", "120"], ["samples.gif", "100 frames per second"]),
        (["--device", "abacus"], ["abacus"]),
        (["--precision", "int8"], ["'int8'", "bf16"]),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path, small_model, generate, check_refusal, arguments, words
):
    arguments = [a.format(folder=tmp_path) for a in arguments]
    if arguments[0].startswith("--"):
        arguments = [small_model, *arguments]
    out = tmp_path / "out"
    check_refusal(generate.main, [*arguments, "--out-dir", out], *words)
    assert not out.exists() or not list(out.rglob("*.*"))


def test_no_frames_per_second_are_not_the_motions_own(
    tmp_path, small_model, generate, check_refusal
):
    path = tmp_path / "motion.safetensors"
    save_motion(path, CTSVGInferencer(small_model, "cpu").find_motion(3, frames=3))
    arguments = [small_model, "--motion", path, "--fps", 0]
    check_refusal(
        generate.main, [*arguments, "--out-dir", tmp_path / "out"], "--fps is 0: it must be above 0"
    )
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_to(tmp_path, small_model, generate, check_refusal):
    (tmp_path / "file").touch()
    arguments = [small_model, "--frames", 1, "--out-dir", tmp_path / "file" / "x"]
    check_refusal(generate.main, arguments, "file/x", "cannot write")


def peak_memory(run_arguments):
    """Peak of a program's memory in MB."""
    code = (
        "import resource, runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], "
        "run_name='__main__'); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, run_arguments)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return float(run.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "RUSAGE_SELF"), reason="no way to ask for the peak")
def test_memory_does_not_depend_on_the_length(tmp_path, make_generator, make_meta, generate):
    path = tmp_path / "g.safetensors"
    channels = {4: 4, 8: 4, 16: 4, 32: 4}
    save_generator(path, make_generator(1, 1, size=32, channels=channels), make_meta(1, 1))
    peaks = {}
    for frames in (3, 5000):
        peaks[frames] = peak_memory(
            [ROOT / "tools" / "generate.py", path, "--frames", frames]
            + ["--format", "mp4,sheet", "--out-dir", tmp_path / str(frames)]
        )
    # As floats 5000 frames are 61 MB; the video of them enlarged to 64 pixels, another 90 MB.
    assert peaks[5000] - peaks[3] < 25, peaks
    assert len(decode(tmp_path / "5000" / "samples.mp4")) == 5000


@pytest.mark.slow
def test_as_a_program(run_tool, tmp_path, small_model):
    shown = run_tool("generate.py", "--help")
    assert shown.returncode == 0 and "tools/generate.py --demo" in shown.stdout
    run = run_tool("generate.py", small_model, "--frames", 2, "--out-dir", tmp_path / "o")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "o" / "samples.mp4").is_file()
    failed = run_tool("generate.py", tmp_path)
    assert failed.returncode == 2 and "Traceback" not in failed.stderr
