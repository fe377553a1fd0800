import errno
import gc
import os
import re
import shutil
import zlib
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from mmctsvg.datasets.readers import (
    BrokenClipError,
    check_square,
    fit_square,
    frame_folder,
    natural_key,
    open_clip,
    video_file,
)
from mmctsvg.datasets.readers.video_index import look_through

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
    assert clip.times is not None and len(clip.entries) == 5 and clip.fps == 15
    decoded = []
    decode = video_file.decode
    monkeypatch.setattr(
        video_file, "decode", lambda *args: (decoded.append(f.pts) or f for f in decode(*args))
    )
    assert clip.read(np.array([57, 58, 59])).shape == (3, 64, 64, 3)
    assert len(decoded) == 10  # the last GOP of six, and nothing from the start


def test_the_packets_of_a_long_video_are_not_kept():
    class Packet(SimpleNamespace):
        alive = 0

        def __del__(self):
            Packet.alive -= 1

    stream = SimpleNamespace(index=0, index_entries=[])
    about = dict(size=9, pts=1, dts=1, duration=1, time_base=1, stream=stream)
    most = []

    def demux():
        for _ in range(9):
            Packet.alive += 1
            most.append(Packet.alive)
            yield Packet(**about, is_corrupt=False, is_discard=False, is_keyframe=True)

    form = SimpleNamespace(name="matroska,webm")
    container = SimpleNamespace(demux=demux, start_time=0, duration=0, size=99, format=form)
    assert look_through(container, stream) == [(1, 1, True, False)] * 9
    assert max(most) <= 2


def test_folder_in_natural_order_in_rgb(tmp_path):
    clip = open_clip(write_folder(tmp_path / "clip", clip=3))
    assert (clip.length, clip.height, clip.width, clip.fps) == (FRAMES, 16, 16, None)
    frames = clip.read(np.array([10, 2, 9]))
    assert np.array_equal(frames, np.stack([picture(n, clip=3) for n in (10, 2, 9)]))


def test_natural_key():
    names = ["b1", "frame10.png", "frame9.png", "1", "frame009b.png", "10", "9"]
    expected = ["1", "9", "10", "b1", "frame9.png", "frame009b.png", "frame10.png"]
    assert sorted(names, key=natural_key) == expected
    assert sorted(["²", "x²", "2"], key=natural_key) == ["2", "x²", "²"]  # not digits to count with


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


def test_a_video_without_a_decoder(tmp_path, noise_frames):
    path = write_video(tmp_path / "a.mp4", noise_frames[:3])
    path.write_bytes(path.read_bytes().replace(b"avc1", b"????"))
    assert broken(path) == "has a codec that cannot be decoded here: convert it to H.264"


def test_a_video_whose_size_changes(tmp_path, noise_frames):
    parts = (noise_frames[:12], noise_frames[:12, :48])
    path = tmp_path / "both.mpg"
    with open(path, "wb") as file:
        for number, frames in enumerate(parts):
            part = write_video(tmp_path / f"{number}.mpg", frames, codec="mpeg2video", fps=25)
            file.write(part.read_bytes())
    clip = open_clip(path)
    assert clip.read(np.array([0, 1])).shape == (2, 64, 64, 3)
    for numbers in ([0, 15], [15, 16]):
        with pytest.raises(BrokenClipError, match="has frames of different sizes: cut it where"):
            clip.read(np.array(numbers))


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
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it clockwise
    lying = Image.fromarray(np.rot90(upright))
    second = dict(save_all=True, append_images=[lying])
    for number, (kind, more) in enumerate((("JPEG", {}), ("MPO", second))):
        lying.save(tmp_path / "clip" / f"{number}.jpg", kind, exif=exif, quality=95, **more)
    clip = open_clip(tmp_path / "clip")
    assert (clip.length, clip.height, clip.width) == (2, 24, 16)
    assert abs(clip.read(np.arange(2)).astype(int) - upright).max() < 40  # of JPEG


@pytest.mark.parametrize(
    "more", [dict(xmp=b'tiff:Orientation="6"'), dict(exif=b"Exif\0\0junkjunk")]
)
def test_photos_are_turned_by_exif_only(tmp_path, more):
    (tmp_path / "clip").mkdir()
    for number in range(2):
        Image.new("RGB", (24, 16)).save(tmp_path / f"clip/{number}.jpg", **more)
    clip = open_clip(tmp_path / "clip")
    assert (clip.height, clip.width) == (16, 24) == clip.read(np.arange(2)).shape[1:3]


def test_a_folder_that_changes_after_it_was_opened(tmp_path):
    clip = open_clip(write_folder(tmp_path / "clip"))
    (clip.path / "frame3.png").unlink()
    with pytest.raises(BrokenClipError, match="had 12 pictures when it was opened and has 11 now"):
        clip.read(np.array([0]))


def test_a_video_that_vanishes_after_it_was_opened(tmp_path, noise_frames):
    path = tmp_path / "clip.mp4"
    write_video(path, noise_frames)
    reader = open_clip(path)
    path.unlink()
    with pytest.raises(BrokenClipError, match="^cannot be read: No such file or directory$"):
        reader.read(np.arange(3))
    if os.path.exists("/proc/self/mem"):  # a file whose reading fails
        path.symlink_to("/proc/self/mem")
        with pytest.raises(BrokenClipError, match="^cannot be read: Input/output error$"):
            reader.read(np.arange(3))


def test_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    """Tests may run as root, whom nothing stops."""
    clip = open_clip(write_folder(tmp_path / "clip"))

    def refuse(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(frame_folder, "open", refuse, raising=False)
        assert broken(clip.path) == "has an unreadable picture: frame0.png (Permission denied)"
        with pytest.raises(BrokenClipError, match="has an unreadable picture: frame3.png"):
            clip.read(np.array([3]))
    monkeypatch.setattr(frame_folder.os, "listdir", refuse)
    assert broken(clip.path) == "is a folder that cannot be read: Permission denied"
    with pytest.raises(BrokenClipError, match="is a folder that cannot be read"):
        clip.read(np.array([3]))


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


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted by Linux")
def test_reading_starts_no_threads(tmp_path, noise_frames):
    """A forked process that collects what others started threads for waits for ever."""
    path = write_video(tmp_path / "a.mp4", noise_frames)
    before = len(os.listdir("/proc/self/task"))
    gc.disable()
    try:
        clip = open_clip(path)
        clip.read(np.arange(clip.length))
        assert len(os.listdir("/proc/self/task")) == before
    finally:
        gc.enable()


def test_broken_pictures_are_named(tmp_path):
    """What Pillow or OpenCV say of it in their own ways."""
    folder = write_folder(tmp_path / "clip")
    good = (folder / "frame0.png").read_bytes()
    vast = good[:16] + (60_000).to_bytes(4) * 2 + good[24:]  # 3.6 gigapixels
    header = vast[12:29]
    vast = vast[:29] + zlib.crc32(header).to_bytes(4) + vast[33:]
    for data, words in ((vast, "unreadable"), (b"", "empty"), (good[:40], "unreadable|cut off")):
        (folder / "frame0.png").write_bytes(data)
        assert re.search(f"has an? .*({words}).*frame0.png", broken(folder))
    (folder / "frame0.png").write_bytes(good)
    clip = open_clip(folder)
    (folder / "frame0.png").write_bytes(vast)
    with pytest.raises(BrokenClipError, match="unreadable picture: frame0.png"):
        clip.read(np.array([0]))


def test_pictures_that_have_grown_since(tmp_path):
    clip = open_clip(write_folder(tmp_path / "clip"))
    cv2.imwrite(str(clip.path / "frame3.png"), np.zeros((clip.height + 1, clip.width, 3), np.uint8))
    with pytest.raises(BrokenClipError, match="pictures of another size than when it was opened"):
        clip.read(np.array([1, 3]))
    assert "has frames of different sizes: frame0.png is" in broken(clip.path)


def test_names_that_are_too_long():
    assert broken("a" * 5000) == "cannot be read: File name too long"
