import av
import cv2
import numpy as np
import pytest

from mmctsvg.utils.errors import UserError
from mmctsvg.visualization import FrameFolder, VideoWriter
from mmctsvg.visualization.video import encode_gif


def moving_square(count, height=24, width=36):
    frames = np.zeros((count, height, width, 3), np.uint8)
    for t, frame in enumerate(frames):
        frame[4:14, t : t + 10] = (200, 100, 50)
    return frames


def decode(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = list(container.decode(stream))
        frames = np.stack([p.to_ndarray(format="rgb24") for p in pictures])
        return frames, [float(p.pts * stream.time_base) for p in pictures]


@pytest.mark.parametrize(("ending", "tolerance"), [("mp4", 6), ("gif", 6)])
@pytest.mark.parametrize("size", [(24, 36), (23, 35)])
def test_frames_and_times_survive(tmp_path, ending, tolerance, size):
    frames = moving_square(12, *size)
    with VideoWriter(tmp_path / f"a.{ending}", fps=20) as writer:
        writer.write(frames[:5])
        writer.write(frames[5])
        writer.write(frames[6:])
    decoded, times = decode(tmp_path / f"a.{ending}")
    np.testing.assert_allclose(times, np.arange(12) / 20, atol=1e-6)
    height, width = size
    difference = decoded[:, :height, :width].astype(int) - frames
    assert np.abs(difference).mean() < tolerance
    if ending == "mp4":
        assert decoded.shape[1] % 2 == decoded.shape[2] % 2 == 0
    else:
        assert decoded.shape[1:3] == size


def test_the_fastest_gif(tmp_path):
    with VideoWriter(tmp_path / "a.gif", 100) as writer:
        writer.write(moving_square(12))
    np.testing.assert_allclose(decode(tmp_path / "a.gif")[1], np.arange(12) / 100)


def test_scale_enlarges(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 25, scale=3) as writer:
        writer.write(moving_square(2))
    assert decode(tmp_path / "a.mp4")[0].shape == (2, 72, 108, 3)


def test_a_failure_leaves_the_older_video(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")
    with pytest.raises(RuntimeError, match="stop"), VideoWriter(path, 25) as writer:
        writer.write(moving_square(3))
        raise RuntimeError("stop")
    assert path.read_bytes() == b"older"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_wrong_arguments(tmp_path):
    with pytest.raises(UserError, match="a.avi.*mp4 or .gif"):
        VideoWriter(tmp_path / "a.avi", 25)
    for fps in (0, -1, float("nan"), 2000):
        with pytest.raises(UserError, match="fps"):
            VideoWriter(tmp_path / "a.mp4", fps)
    with pytest.raises(UserError, match="a.gif.*100 frames per second.*101.*mp4"):
        VideoWriter(tmp_path / "a.gif", 101)
    with pytest.raises(ValueError, match="at least one frame"), VideoWriter(tmp_path / "a.mp4", 25):
        pass
    with pytest.raises(ValueError, match="one size"), VideoWriter(tmp_path / "a.gif", 25) as writer:
        writer.write(moving_square(1))
        writer.write(moving_square(1, 20, 20))
    with pytest.raises(ValueError, match="uint8"), VideoWriter(tmp_path / "a.mp4", 25) as writer:
        writer.write(np.zeros((2, 8, 8, 3)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("fps", "stride"), [(0.5, 1), (25, 1), (50, 1), (60, 2), (120, 3)])
def test_gifs_play_as_fast_as_their_videos(tmp_path, fps, stride):
    with VideoWriter(tmp_path / "a.mp4", fps) as writer:
        writer.write(moving_square(13))
    data, *size = encode_gif(tmp_path / "a.mp4")
    (tmp_path / "a.gif").write_bytes(data)
    frames, times = decode(tmp_path / "a.gif")
    assert size == [24, 36]
    assert np.abs(frames.astype(int) - decode(tmp_path / "a.mp4")[0][::stride]).max() <= 6
    np.testing.assert_allclose(times, np.arange(0, 13, stride) / fps, atol=0.0101)
    assert np.diff(times).min() >= 0.0199  # browsers slow down what is faster


def test_frame_folder_is_a_clip_and_forgets_older_frames(tmp_path):
    frames = moving_square(5)
    with FrameFolder(tmp_path / "a") as folder:
        folder.write(frames)
    with FrameFolder(tmp_path / "a") as folder:
        folder.write(frames[:2])
        folder.write(frames[2:3])
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == ["000000.png", "000001.png", "000002.png"]
    read = cv2.imread(str(tmp_path / "a" / names[2]))[..., ::-1]
    np.testing.assert_array_equal(read, frames[2])


def test_a_place_where_no_frames_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match="cannot write to .*file/a: .*; choose another place"),
        FrameFolder(tmp_path / "file" / "a"),
    ):
        pass
