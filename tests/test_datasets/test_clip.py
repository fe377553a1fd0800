from fractions import Fraction

import av
import numpy as np
import pytest
import torch

from mmctsvg.datasets import clip as module
from mmctsvg.datasets.clip import read_clip
from mmctsvg.datasets.crops import Box
from mmctsvg.datasets.readers import frame_numbers, open_clip
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization import VideoWriter, write_png


def picture(number, height=32, width=32):
    frame = np.zeros((height, width, 3), np.uint8)
    frame[:, : width // 2] = 20 + 10 * number
    frame[:, width // 2 :] = 200
    return frame


@pytest.fixture
def video(tmp_path):
    def make(name="clip.mp4", count=6, fps=12.5, **size):
        with VideoWriter(tmp_path / name, fps) as writer:
            writer.write(np.stack([picture(n, **size) for n in range(count)]))
        return tmp_path / name

    return make


def test_video(video):
    clip = read_clip(video(), 16)
    assert clip.frames.shape == (6, 16, 16, 3) and clip.box is None
    assert clip.fps == pytest.approx(12.5)
    assert clip.seconds == pytest.approx(np.arange(6) / 12.5, abs=1e-4)
    means = clip.frames[:, :, :6].mean(axis=(1, 2, 3))
    assert means == pytest.approx(20 + 10 * np.arange(6), abs=4)
    assert read_clip(video(), 16, fps=25.0).seconds == pytest.approx(np.arange(6) / 25)
    assert len(read_clip(video(), 16, max_frames=3).frames) == 3


def test_uneven_times(tmp_path):
    """A video whose frames do not come at even times keeps them."""
    shown = [0, 1, 2, 5, 9]
    with av.open(str(tmp_path / "vfr.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        stream.thread_count = 1
        for number in shown:
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clip = read_clip(tmp_path / "vfr.mp4", 16)
    assert open_clip(tmp_path / "vfr.mp4").fps == pytest.approx(10)
    assert clip.seconds == pytest.approx(np.array(shown) / 10, abs=1e-4)
    assert clip.fps == pytest.approx(4 / 0.9)


def test_folder(tmp_path):
    for n in range(3):
        write_png(tmp_path / "frames" / f"{n}.png", picture(n, 20, 30))
    clip = read_clip(tmp_path / "frames", 8, crop="center", folder_fps=15.0)
    assert clip.box == Box(left=5, top=0, side=20)
    assert clip.fps == 15 and clip.seconds == pytest.approx(np.arange(3) / 15)
    assert clip.frames[2, 4, 0].tolist() == [40] * 3 and clip.frames[2, 4, 7].tolist() == [200] * 3


def test_missing_pictures_leave_a_gap(tmp_path):
    for number in (3, 4, 7):
        write_png(tmp_path / f"f{number:02d}.png", picture(0))
    clip = read_clip(tmp_path, 16, folder_fps=10.0)
    np.testing.assert_allclose(clip.seconds, [0, 0.1, 0.4])
    assert clip.fps == pytest.approx(5.0)
    assert read_clip(tmp_path, 16, fps=20.0, max_frames=2).seconds.tolist() == [0, 0.05]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["f9.png", "f10.png", "f12.png"], [0, 1, 3]),
        (["000.png", "005.png", "020.png"], [0, 1, 4]),
        (["a1.png", "b2.png", "b4.png"], [0, 1, 2]),
        (["1.png", "3.png", "6.png"], [0, 1, 2]),
        (["a.png", "b.png"], [0, 1]),
        (["1.jpg", "1.png"], [0, 1]),
        (["7.png"], [0]),
    ],
)
def test_numbers_of_pictures(names, expected):
    assert frame_numbers(names).tolist() == expected


def test_a_motion_finds_its_clip_again(tmp_path):
    """As in docs/guides/inversion.md: `info` of an inversion is enough to read the clip again."""
    from mmctsvg.inversion import read_original
    from mmctsvg.motion import Motion

    for n in range(3):
        write_png(tmp_path / "frames" / f"{n}.png", picture(n, 20, 30))
    clip = read_clip(tmp_path / "frames", 8, crop="center", fps=15.0)
    assert clip.info["fps"] == 15.0
    motion = Motion(
        style=torch.ones(4), times=torch.arange(3.0), fps=15.0, weights="", info=clip.info
    )
    again = read_original(motion, 8)
    assert again.box == clip.box and np.array_equal(again.frames, clip.frames)
    write_png(tmp_path / "frames" / "3.png", picture(3, 20, 30))
    with pytest.raises(UserError, match="frames: has 4 frames, and the clip .* inverted 3"):
        read_original(motion, 8)


def test_the_largest_face_or_the_chosen_one(video, monkeypatch):
    seen = []
    boxes = [Box(left=16, top=-2, side=16), Box(left=0, top=0, side=12)]

    def find(frames):
        seen.extend(frames)
        return boxes

    monkeypatch.setattr(module, "face_boxes", find)
    clip = read_clip(video(), 16, crop="face")
    assert len(seen) == 6 and clip.box == boxes[0] and (clip.faces, clip.face) == (2, 0)
    assert np.abs(clip.frames.astype(int) - 200)[:, :, 2:].max() < 12
    assert read_clip(video(), 16, crop="face", face=1).box == boxes[1]
    with pytest.raises(UserError, match="no face 2; it shows 2"):
        read_clip(video(), 16, crop="face", face=2)
    with pytest.raises(UserError, match="crop='face' only, not crop='center'"):
        read_clip(video(), 16, crop="center", face=0)
    monkeypatch.setattr(module, "face_boxes", lambda frames: [])
    with pytest.raises(UserError, match="no face"):
        read_clip(video(), 16, crop="face")


def test_refuses(tmp_path, video):
    (tmp_path / "bad.mp4").write_bytes(b"no video at all" * 100)
    whole = video("whole.mp4").read_bytes()
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
    for path, kwargs, words in (
        (tmp_path / "none.mp4", {}, "none.mp4 does not exist"),
        (tmp_path / "bad.mp4", {}, "bad.mp4 cannot be decoded"),
        (tmp_path / "half.mp4", {}, "half.mp4"),
        (video("one.mp4", count=1), {}, "one.mp4: has one frame"),
        (video("wide.mp4", width=48), {}, "48x32, not square.*crop='face'"),
        (video(), {"fps": 0.0}, "fps is 0"),
    ):
        with pytest.raises(UserError, match=words):
            read_clip(path, 16, **kwargs)
