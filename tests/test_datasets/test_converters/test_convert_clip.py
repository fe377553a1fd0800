import numpy as np
import pytest

from mmctsvg.datasets.converters import RawClip, RawFile, Settings, convert_clip
from mmctsvg.datasets.converters import convert_clip as module_function
from mmctsvg.datasets.converters.convert_clip import CROPS, NoFace, _samples, wrong_length
from mmctsvg.datasets.crops import Box
from mmctsvg.datasets.readers import BrokenClipError

from ..conftest import write_video
from ..video_matrix import write
from .conftest import resize


def raw(path):
    file = RawFile(name=path.name, path=path)
    return RawClip(file=file, name=path.stem, actor="a", action="b", is_train=True)


def decode(pictures):
    import cv2

    return np.stack(
        [cv2.imdecode(np.frombuffer(p, np.uint8), cv2.IMREAD_COLOR)[..., ::-1] for p in pictures]
    )


def full_decode(path):
    import av

    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize(("format", "tolerance"), [("png", 0.51), ("jpg", 3.0)])
def test_center(tmp_path, write_clip, format, tolerance):
    path = write_clip(tmp_path / "a.mp4", 0, 0, height=96, width=160)
    done = convert_clip(raw(path), Settings(size=48, crop="center", format=format))
    expected = (
        full_decode(path)[:, :, 32:128].astype(float).reshape(6, 48, 2, 48, 2, 3).mean((2, 4))
    )
    pictures = decode(done.pictures)
    assert pictures.shape == (6, 48, 48, 3) and done.fps == 30
    error = np.abs(pictures - expected)
    assert (error.max() if format == "png" else error.mean()) <= tolerance
    assert (done.box, done.crop, done.raw_size) == (
        Box(left=32, top=0, side=96),
        "center",
        (160, 96),
    )


@pytest.mark.parametrize(
    ("fps", "numbers"),
    [
        (30, list(range(12))),
        (15, [0, 2, 4, 6, 8, 10]),
        (60, [k // 2 for k in range(23)]),
        (25, [0, 1, 2, 4, 5, 6, 7, 8, 10, 11]),
    ],
)
def test_another_rate_takes_the_nearest_frames(tmp_path, write_clip, fps, numbers):
    path = write_clip(tmp_path / "a.mp4", 0, 0, length=12)
    plain = convert_clip(raw(path), Settings(size=32, crop="center"))
    done = convert_clip(raw(path), Settings(size=32, crop="center", fps=fps))
    assert done.pictures == [plain.pictures[number] for number in numbers]
    assert (done.fps, done.raw_fps, done.is_even) == (fps, 30, True)
    assert (plain.fps, plain.raw_fps, plain.is_even) == (30, 30, True)


def test_an_uneven_clip_becomes_even(tmp_path):
    path = write(tmp_path / "a.mp4", "mjpeg", [0, 1, 2, 7])
    plain = convert_clip(raw(path), Settings(size=32, crop="center"))
    done = convert_clip(raw(path), Settings(size=32, crop="center", fps=25.0))
    assert plain.seconds == pytest.approx([0, 0.04, 0.08, 0.28], abs=1e-3) and not plain.is_even
    assert done.pictures == [plain.pictures[number] for number in (0, 1, 2, 2, 2, 3, 3, 3)]
    assert done.is_even and done.raw_fps == pytest.approx(25)


def test_the_limits_of_the_length_count_what_comes_out(tmp_path, write_clip):
    path = write_clip(tmp_path / "a.mp4", 0, 0, length=12)
    settings = dict(fps=10, min_frames=4)
    assert len(convert_clip(raw(path), Settings(size=32, crop="center", **settings)).pictures) == 4
    assert failure(path, fps=10, min_frames=5) == "has 4 frames, not 5 or more"
    assert failure(path, fps=60, max_frames=20) == "has 23 frames, not 3 to 20"


def test_one_box_for_the_whole_clip(tmp_path, write_clip, monkeypatch):
    """All frames are cut with the box that came out of the samples."""
    path = write_clip(tmp_path / "a.mp4", 0, 0, length=30)
    seen = []
    box = Box(left=20, top=-10, side=100)
    monkeypatch.setitem(CROPS, "face", lambda frames: seen.append(len(frames)) or box)
    done = convert_clip(raw(path), Settings(size=25, crop="face", format="png"))
    frames = np.stack([box.cut(frame) for frame in full_decode(path)])
    assert seen == [9] and len(done.pictures) == 30
    assert np.abs(decode(done.pictures) - resize(frames, 25)).max() <= 0.51


def test_no_face_and_a_given_box(tmp_path, write_clip, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", 0, 0)
    monkeypatch.setitem(CROPS, "face", lambda frames: None)
    settings = Settings(size=16, crop="face")
    assert convert_clip(raw(path), settings) == NoFace(raw_size=(160, 90))
    done = convert_clip(raw(path), settings, Box(left=0, top=0, side=90))
    assert done.box.side == 90 and len(done.pictures) == 6


def test_members_of_archives(mead, utd_mhad):
    from mmctsvg.datasets.converters import list_raw_files

    settings = Settings(size=16, crop="center", format="png")
    for root in (mead, utd_mhad.parent):
        for file in list_raw_files(root)[:3]:
            clip = RawClip(file=file, name="x", actor="a", action="b", is_train=True)
            if "a2_s1" not in file.name:
                assert len(convert_clip(clip, settings).pictures) == 6


def failure(path, **settings):
    with pytest.raises(BrokenClipError) as error:
        module_function(raw(path), Settings(size=16, crop="center", **settings))
    return str(error.value)


def test_clips_that_cannot_be_used(tmp_path, write_clip, draw):
    path = write_clip(tmp_path / "a.mp4", 0, 0)
    assert failure(path, min_frames=7) == "has 6 frames, not 7 or more"
    assert failure(path, min_frames=3, max_frames=5) == "has 6 frames, not 3 to 5"
    hundred = Settings(size=16, crop="center", min_frames=100, max_frames=100)
    assert wrong_length(95, 100, hundred) is None  # perhaps all of them come out
    assert wrong_length(95, 99, hundred) == "has 99 frames, not 100"
    (tmp_path / "junk.mp4").write_bytes(b"junk" * 100)
    assert "cannot be decoded" in failure(tmp_path / "junk.mp4")
    (tmp_path / "empty.avi").touch()
    assert "cannot be decoded" in failure(tmp_path / "empty.avi")
    long = write_video(tmp_path / "long.avi", draw(0, 0, length=60), codec="mpeg4")
    data = long.read_bytes()
    long.write_bytes(data[: len(data) // 2])
    assert "was cut off after about" in failure(long)


def test_a_video_whose_size_changes(tmp_path, noise_frames):
    path = tmp_path / "both.mpg"
    with open(path, "wb") as file:
        for number, frames in enumerate((noise_frames[:12], noise_frames[:12, :48])):
            part = write_video(tmp_path / f"{number}.mpg", frames, codec="mpeg2video", fps=25)
            file.write(part.read_bytes())
    with pytest.raises(BrokenClipError, match="has frames of different sizes: cut it where"):
        _samples(str(path), 24)
    assert "has frames of different sizes" in failure(path)
