import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from mmctsvg.datasets.readers import (
    BrokenClipError,
    check_square,
    fit_square,
    natural_key,
    open_clip,
)

from .conftest import FRAMES, picture, write_folder, write_video

ENCODINGS = {
    "b-frames.mp4": dict(codec="libx264", g="12", bf="3", sc_threshold="0"),
    "open-gop.mkv": dict(
        codec="libx264", **{"x264-params": "keyint=10:min-keyint=10:bframes=4:open-gop=1"}
    ),
    "one-key.mp4": dict(codec="libx264", g="250"),
    "b-frames.avi": dict(codec="mpeg4", g="8", bf="2"),
    "plain.avi": dict(codec="mjpeg"),
    "vp9.webm": dict(codec="libvpx-vp9", g="9", deadline="realtime"),
    "mpeg2.mpg": dict(codec="mpeg2video", g="9", bf="2", fps=25),
}


def full_decode(path):
    import av

    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize("name", ENCODINGS)
def test_seeking_gives_the_frames_of_a_full_decode(tmp_path, noise_frames, name):
    path = write_video(tmp_path / name, noise_frames, **ENCODINGS[name])
    expected = full_decode(path)
    clip = open_clip(path)
    assert clip.length == len(expected) == 60
    assert (clip.height, clip.width) == (64, 64)
    assert np.abs(expected.astype(int) - noise_frames).mean() < 15  # it is this video
    for start in range(58):
        assert np.array_equal(clip.read(np.arange(start, start + 3)), expected[start : start + 3])
    anywhere = np.array([59, 0, 31, 31])
    assert np.array_equal(clip.read(anywhere), expected[anywhere])


def test_seeking_decodes_only_what_is_needed(tmp_path, noise_frames, monkeypatch):
    path = write_video(tmp_path / "a.mp4", noise_frames, g="10", sc_threshold="0")
    clip = open_clip(path)
    assert clip.times is not None and len(clip.key_frames) == 6 and clip.fps == 15
    monkeypatch.setattr(type(clip), "_read_counting", None)  # would be a decode from the start
    assert clip.read(np.array([57, 58, 59])).shape == (3, 64, 64, 3)


def test_folder_in_natural_order_in_rgb(tmp_path):
    clip = open_clip(write_folder(tmp_path / "clip", clip=3))
    assert (clip.length, clip.height, clip.width, clip.fps) == (FRAMES, 16, 16, None)
    frames = clip.read(np.array([10, 2, 9]))
    assert np.array_equal(frames, np.stack([picture(n, clip=3) for n in (10, 2, 9)]))


def test_natural_key():
    names = ["b1", "frame10.png", "frame9.png", "1", "frame009b.png", "10", "9"]
    expected = ["1", "9", "10", "b1", "frame9.png", "frame009b.png", "frame10.png"]
    assert sorted(names, key=natural_key) == expected


def cut(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def broken(path):
    with pytest.raises(BrokenClipError) as error:
        open_clip(path)
    return str(error.value)


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv", "a.webm"])
def test_a_video_that_was_cut_off(tmp_path, noise_frames, name):
    codec = "libvpx-vp9" if name == "a.webm" else "libx264"
    path = write_video(tmp_path / name, noise_frames, codec=codec)
    if name == "a.mp4":  # the table of frames must come first, or nothing can be read at all
        import av

        with (
            av.open(str(path)) as source,
            av.open(str(tmp_path / "fast.mp4"), "w", options={"movflags": "faststart"}) as target,
        ):
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    target.mux(packet)
        shutil.move(tmp_path / "fast.mp4", path)
    open_clip(path)
    cut(path, 0.7)
    assert "was cut off after about" in broken(path)


def test_broken_clips_say_why(tmp_path, noise_frames):
    assert broken(tmp_path / "no.mp4") == "does not exist"
    (tmp_path / "empty.mp4").touch()
    assert broken(tmp_path / "empty.mp4") == "is an empty file"
    (tmp_path / "junk.mp4").write_bytes(b"junk" * 99)
    assert "cannot be decoded" in broken(tmp_path / "junk.mp4")
    late = write_video(tmp_path / "late.mp4", noise_frames)
    cut(late, 0.7)
    assert "cannot be decoded" in broken(late)
    (tmp_path / "notes.txt").write_text("x")
    assert "neither a folder of pictures nor a video" in broken(tmp_path / "notes.txt")
    (tmp_path / "void").mkdir()
    assert broken(tmp_path / "void") == "is a folder without pictures"


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("which", ["frame0", "frame5"])
def test_broken_pictures_say_which(tmp_path, suffix, which):
    folder = write_folder(tmp_path / "clip", suffix=suffix)
    path = folder / f"{which}{suffix}"
    cut(path, 0.8)
    assert path.name in broken(folder)
    path.write_bytes(b"")
    assert f"has an empty file: {path.name}" in broken(folder)
    path.write_bytes(b"no picture at all")
    assert f"has an unreadable picture: {path.name}" in broken(folder)
    cv2.imwrite(str(path), np.zeros((8, 20, 3), np.uint8))
    assert "different sizes" in broken(folder) and "20x8" in broken(folder)


def test_photos_that_lie_on_their_side(tmp_path):
    """A phone writes them so and says how to turn them."""
    (tmp_path / "clip").mkdir()
    upright = np.zeros((24, 16, 3), np.uint8)
    upright[:12] = 200
    for number in range(2):
        exif = Image.Exif()
        exif[0x0112] = 6  # turn it clockwise
        lying = Image.fromarray(np.rot90(upright))
        lying.save(tmp_path / "clip" / f"{number}.jpg", exif=exif, quality=95)
    clip = open_clip(tmp_path / "clip")
    assert (clip.length, clip.height, clip.width) == (2, 24, 16)
    assert abs(clip.read(np.arange(2)).astype(int) - upright).max() < 40  # of JPEG


def test_a_folder_that_changes_after_it_was_opened(tmp_path):
    clip = open_clip(write_folder(tmp_path / "clip"))
    (clip.path / "frame3.png").unlink()
    with pytest.raises(BrokenClipError, match="had 12 pictures when it was opened and has 11 now"):
        clip.read(np.array([0]))


def test_fit_square_averages_areas():
    frames = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    blocks = frames.reshape(2, 4, 2, 4, 2, 3).astype(float).mean((2, 4))
    assert np.abs(fit_square(frames, 4, None) - blocks).max() <= 0.5
    assert np.array_equal(fit_square(frames, 8, None), frames)
    assert fit_square(frames, 16, None).shape == (2, 16, 16, 3)


def test_center_crop(tmp_path):
    frames = np.zeros((1, 4, 8, 3), np.uint8)
    frames[:, :, 2:6] = 255
    assert (fit_square(frames, 4, "center") == 255).all()
    clip = open_clip(write_folder(tmp_path / "wide", height=4, width=8))
    check_square(clip, "center")
    with pytest.raises(BrokenClipError, match="is 8x4, not square: crop it, or set crop='center'"):
        check_square(clip, None)
