"""Small downloads in the layouts of their owners, drawn."""

import tarfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmctsvg.datasets import SynthActorsDataset

from ..conftest import write_video

LENGTH = 6


@pytest.fixture(scope="session")
def draw():
    """Returns a drawer of clips: uint8 (length, height, width, 3), the person in the middle."""
    drawn = SynthActorsDataset(size=32, num_actors=7, num_takes=1, length=3, split="all")

    def make(actor: int, action: int, height: int = 90, width: int = 160, length: int = LENGTH):
        people = drawn.render(actor, action % 5, action // 5, np.arange(length) * 2.0, size=height)
        frames = np.full((length, height, width, 3), 200, np.uint8)
        left = (width - height) // 2
        frames[:, :, left : left + height] = people
        return frames

    return make


@pytest.fixture
def write_clip(draw):
    """Returns a writer of drawn clips as h264 in mp4, or as mpeg4 in avi."""

    def write(path: Path, actor: int, action: int, fps: int = 30, **kwargs) -> Path:
        codec = "mpeg4" if path.suffix == ".avi" else "libx264"
        return write_video(path, draw(actor, action, **kwargs), codec=codec, fps=fps)

    return write


@pytest.fixture
def mead(tmp_path, write_clip):
    """Two persons in tars, one unpacked; two emotions, three sentences, 006 and 011 among them."""
    root = tmp_path / "MEAD"
    for actor, person in enumerate(("M003", "W009", "M030")):
        for action, emotion in enumerate(("angry", "neutral")):
            for sentence in (5, 6, 11, 12):
                name = f"video/front/{emotion}/level_1/{sentence:03d}.mp4"
                write_clip(root / person / name, actor, action)
        write_clip(root / person / "video/left_30/angry/level_1/001.mp4", actor, 0)
        if person != "M030":
            pack_tar(root / person / "video.tar", root / person / "video")
    return root


def pack_tar(path: Path, folder: Path) -> None:
    """Move a folder into a tar, under its own name."""
    with tarfile.open(path, "w") as archive:
        archive.add(folder, folder.name)
    for file in sorted(folder.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    folder.rmdir()


def pack_zip(path: Path, folder: Path) -> None:
    """Move a folder into a zip, under its own name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, file.relative_to(folder.parent))
            file.unlink()
    folder.rmdir()


@pytest.fixture
def ravdess(tmp_path, write_clip):
    """Two actors in zips, one unpacked; three emotions, speech and song, with and without sound."""
    root = tmp_path / "RAVDESS"
    for place, actor in enumerate((1, 2, 21)):
        folder = root / f"Actor_{actor:02d}"
        for emotion in (1, 3, 5):
            for kind in ("01-01", "02-01", "02-02"):
                name = f"{kind}-{emotion:02d}-01-01-01-{actor:02d}.mp4"
                write_clip(folder / name, place, emotion % 3)
        if actor != 2:
            pack_zip(root / f"Video_Speech_Actor_{actor:02d}.zip", folder)
    return root


@pytest.fixture
def utd_mhad(tmp_path, write_clip):
    """RGB.zip with two persons, three actions and two trials, and an empty clip among them."""
    folder = tmp_path / "UTD" / "RGB"
    for subject in (1, 2):
        for action in (1, 8, 27):
            for trial in (1, 2):
                name = f"a{action}_s{subject}_t{trial}_color.avi"
                write_clip(folder / name, subject, action % 5, fps=15, height=48, width=64)
    (folder / "a2_s1_t1_color.avi").write_bytes(b"")
    pack_zip(tmp_path / "UTD" / "RGB.zip", folder)
    return tmp_path / "UTD" / "RGB.zip"


def resize(frames: np.ndarray, size: int) -> np.ndarray:
    """Area-averaged in floats, without rounding."""
    return np.stack(
        [
            cv2.resize(f.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
            for f in frames
        ]
    )
