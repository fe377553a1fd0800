"""The converters as programs, from raw layouts to training."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest

from mmctsvg.datasets import SynthActorsDataset

ROOT = Path(__file__).parents[2]


def write_video(path: Path, frames: np.ndarray, codec: str, fps: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="session")
def drawn():
    return SynthActorsDataset(size=64, num_actors=7, num_takes=1, length=3, split="all")


@pytest.fixture
def clip(drawn):
    """Returns a writer of clips in which a drawn person stands in the middle."""

    def write(path, actor, action, height=120, width=160, length=8, fps=30, codec="libx264"):
        frames = np.full((length, height, width, 3), 180, np.uint8)
        side = min(height, width)
        left, top = (width - side) // 2, (height - side) // 2
        person = drawn.render(actor, action % 5, 0, np.arange(length) * 2.0, size=side)
        frames[:, top : top + side, left : left + side] = person
        write_video(path, frames, codec, fps)

    return write


@pytest.fixture
def raw(tmp_path, clip, request):
    """A download in the layout of its owners, with one clip of the true size each."""
    return globals()[f"make_{request.param}"](tmp_path / "raw", clip)


def make_mead(root, clip):
    import tarfile

    for actor, person in enumerate(("M003", "W009")):
        for action, emotion in enumerate(("angry", "happy")):
            for sentence in (1, 6):
                path = root / person / f"video/front/{emotion}/level_2/{sentence:03d}.mp4"
                true = (
                    dict(height=1080, width=1920) if (actor, action, sentence) == (0, 0, 1) else {}
                )
                clip(path, actor, action, length=7 + sentence, **true)
        with tarfile.open(root / person / "video.tar", "w") as archive:
            archive.add(root / person / "video", "video")
        subprocess.run(["rm", "-r", root / person / "video"], check=True)
    return root


def make_ravdess(root, clip):
    for actor in (1, 24):
        with zipfile.ZipFile(_made(root) / f"Video_Speech_Actor_{actor:02d}.zip", "w") as archive:
            for emotion in (1, 5):
                for modality in (1, 2):
                    name = f"0{modality}-01-0{emotion}-01-01-01-{actor:02d}.mp4"
                    true = dict(height=720, width=1280) if (actor, emotion) == (1, 1) else {}
                    clip(root / "x.mp4", actor % 7, emotion, **true)
                    archive.write(root / "x.mp4", f"Actor_{actor:02d}/{name}")
    (root / "x.mp4").unlink()
    return root


def make_utd_mhad(root, clip):
    with zipfile.ZipFile(_made(root) / "RGB.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for action in (1, 8):
            for subject in (1, 2):
                clip(root / "x.avi", subject, action, height=480, width=640, fps=15, codec="mpeg4")
                archive.write(root / "x.avi", f"RGB/a{action}_s{subject}_t1_color.avi")
    (root / "x.avi").unlink()
    return root / "RGB.zip"


def make_grid(root, clip):
    for speaker, (action, sentence) in product((1, 26), enumerate(("bbaf2n", "lbbo6p"))):
        path = root / f"s{speaker}/{sentence}.mpg"
        clip(path, speaker % 7, action, height=96, length=75, fps=25, codec="mpeg1video")
        path = root / f"alignments/s{speaker}/{sentence}.align"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("0 74500 sil\n")
    return root


def make_folder(root, clip):
    for actor in range(2):
        for action in range(2):
            clip(root / f"ann{actor}" / f"move{action}" / "a.mp4", actor, action)
    return root


def _made(root):
    root.mkdir(parents=True, exist_ok=True)
    return root


EXPECTED = {  # data set, clips, for training, actors, labels, how they were cut
    "mead": ("MEADDataset", 8, 4, 2, 8, {"face"}),
    "ravdess": ("RAVDESSDataset", 4, 3, 2, 8, {"face"}),
    "utd_mhad": ("UTDMHADDataset", 4, 2, 2, 27, {"body"}),
    "grid": ("GRIDDataset", 4, 2, 2, 0, {"face"}),
    "folder": ("TripletVideoDataset", 4, 4, 2, 2, {"center"}),
}


@pytest.mark.slow
@pytest.mark.parametrize(("raw", "name"), [(n, n) for n in EXPECTED], indirect=["raw"])
def test_from_the_download_to_training(
    raw, name, tmp_path, load_tool, toy_config, capsys, monkeypatch
):
    data_set, clips, train, actors, actions, crops = EXPECTED[name]
    if "face" in crops:
        pytest.importorskip("dlib", reason="dlib-bin is not installed")
    out = tmp_path / "data"
    load_tool(f"convert_{name}").main([str(raw), str(out), "--size=16", "--workers=1"])
    said = capsys.readouterr().out
    assert f"{clips} clips ({train} for training, {clips - train} held out)" in said
    assert str(out / "contact_sheet.png") in said and (out / "contact_sheet.png").is_file()
    meta = json.loads((out / "meta.json").read_text())
    assert set(meta["counts"]["crops"]) >= crops and len(meta["actors"]) == actors

    annotations = str(out / "annotations.csv")
    load_tool("check_dataset").main([annotations, "--dataset", data_set, "--workers=1"])
    assert f"{clips} clips ({train} for training" in capsys.readouterr().out
    changes = {
        "train_dataloader.dataset": dict(
            type=data_set, annotations=annotations, size=16, _delete_=True
        ),
        "train_dataloader.num_workers": 1,
        "train_cfg.max_iters": 3,
    }
    config = toy_config(changes)
    monkeypatch.chdir(tmp_path)
    load_tool("browse_dataset").main([str(config), "--triplets", "4"])
    assert list(tmp_path.rglob("dataset.png"))
    load_tool("train").main([str(config), "--work-dir", str(tmp_path / "run")])
    assert list((tmp_path / "run").rglob("iter_3.pth"))


@pytest.mark.slow
def test_killed_and_started_again(tmp_path, clip):
    """kill -9 in the middle, several processes; the result is that of an unbroken run."""
    for n in range(24):
        clip(tmp_path / "raw/ann" / f"move{n % 3}" / f"{n}.mp4", n % 7, n % 3, length=40)
    command = [sys.executable, str(ROOT / "tools/dataset_converters/folder.py"), "raw"]

    def start(out):
        return subprocess.Popen(
            [*command, out, "--size=16", "--workers=2"],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )

    assert start("straight").wait() == 0
    index = tmp_path / "broken/clips.jsonl"
    broken = start("broken")
    while not (index.exists() and index.read_text().count("\n") >= 4):
        assert broken.poll() is None, "it was too fast to be killed"
        time.sleep(0.002)
    broken.send_signal(signal.SIGKILL)
    broken.wait()
    done = index.read_text().count("\n") - 1
    assert 3 <= done < 24 and not (tmp_path / "broken/annotations.csv").exists()
    again = start("broken")
    said, _ = again.communicate()
    assert again.returncode == 0 and f"holds {done} of 24 clips already" in said
    for name in ("clips.zip", "clips.jsonl", "annotations.csv"):
        straight, resumed = ((tmp_path / run / name).read_bytes() for run in ("straight", "broken"))
        assert straight == resumed


def test_once_more_changes_nothing_and_new_clips_are_added(tmp_path, clip, load_tool, capsys):
    tool = load_tool("convert_folder")
    arguments = [str(tmp_path / "raw"), str(tmp_path / "out"), "--size=16", "--workers=1"]
    clip(tmp_path / "raw/zoe/nod/1.mp4", 0, 0)
    (tmp_path / "raw/zoe/nod/bad.mp4").write_bytes(b"x")
    tool.main(arguments)
    assert "found 2 clips = made 1 + skipped 1 (1 x cannot be decoded" in capsys.readouterr().out
    before = (tmp_path / "out/clips.zip").read_bytes()
    tool.main(arguments)
    assert (tmp_path / "out/clips.zip").read_bytes() == before
    clip(tmp_path / "raw/ann/nod/1.mp4", 1, 0)
    (tmp_path / "raw/zoe/nod/bad.mp4").unlink()
    tool.main(arguments)
    rows = list(csv.reader((tmp_path / "out/annotations.csv").read_text().splitlines()))
    assert rows[1:] == [
        ["clips.zip/ann/nod/1", "0", "1", "0"],
        ["clips.zip/zoe/nod/1", "0", "1", "1"],
    ]
    assert not (tmp_path / "out/errors.csv").exists()


@pytest.mark.parametrize("name", EXPECTED)
def test_refusals(tmp_path, name, clip, load_tool, check_refusal):
    main = load_tool(f"convert_{name}").main
    raw, out = tmp_path / "raw", tmp_path / "out"
    check_refusal(main, [raw, out], f"{raw} does not exist")
    raw.mkdir()
    check_refusal(main, [raw, out], "found nothing; expected")
    (raw / "readme.txt").touch()
    check_refusal(main, [raw, out], "found no video, but readme.txt; expected")
    check_refusal(main, [raw, out, "--size=4"], "--size is 4: it must be at least 8")
    check_refusal(main, [raw, out, "--workers=0"], "--workers is 0")
    check_refusal(
        main,
        [raw, out, "--min-frames=9", "--max-frames=5"],
        "--max-frames 5: is below --min-frames 9",
    )
    check_refusal(main, [raw, out, "--crop=nose"], "invalid choice: 'nose'")
    (raw / "video.tar").write_bytes(b"x" * 2000)
    check_refusal(main, [raw, out], "video.tar is damaged", "download it again")
    assert not out.exists()


def test_more_refusals(tmp_path, clip, load_tool, check_refusal):
    raw, out = make_mead(tmp_path / "raw", clip), tmp_path / "out"
    main = load_tool("convert_mead").main
    check_refusal(main, [raw, out, "--views=back"], "'back' is none of front, down")
    check_refusal(main, [raw, out, "--levels=4"], "'4' is none of 1, 2, 3")
    check_refusal(main, [raw, out, "--views=top"], "but none that the options ask for")
    check_refusal(main, [raw, out, "--views=front,top"], "--views top: ", "it has front")
    check_refusal(main, [raw, out, "--persons=M003,W7"], "--persons W7: ", "it has M003, W009")
    out.write_text("mine")
    check_refusal(main, [raw, out, "--workers=1", "--crop=center"], "out is a file")
    assert out.read_text() == "mine"
    main = load_tool("convert_ravdess").main
    check_refusal(main, [raw, out, "--held-out-actors=25"], "'25' is none of 1, 2")
    check_refusal(main, [raw, out], "found the video raw/M003/video/front/angry/level_2/001.mp4")
    clip(tmp_path / "sound/Actor_01/01-01-01-01-01-01-01.mp4", 0, 0)
    asked = "none that the options ask for: 1 x has sound (01-...); --with-sound takes those with"
    check_refusal(main, [tmp_path / "sound", out], asked)
    clip(tmp_path / "silent/Actor_01/02-01-01-01-01-01-01.mp4", 0, 0)
    asked = "leave out --with-sound to take those without"
    check_refusal(main, [tmp_path / "silent", out, "--with-sound"], asked)
    check_refusal(main, [tmp_path / "silent", out, "--channels=song"], "1 x is speech, not among c")


@pytest.mark.parametrize("name", EXPECTED)
def test_help_has_an_example(name, load_tool, capsys):
    with pytest.raises(SystemExit) as end:
        load_tool(f"convert_{name}").main(["--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0 and f"mmctsvg convert-{name.replace('_', '-')} " in said
