from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmctsvg.datasets.clip import Clip
from mmctsvg.datasets.readers import open_clip
from mmctsvg.inversion.side_by_side import write_comparison
from mmctsvg.motion import Motion
from mmctsvg.visualization.sound import has_sound


def write(path, source="clip.mp4", *, sound=True, **info):
    """Six frames of grey 100, videos of it that are 40 and 160."""
    motion = Motion(style=torch.ones(4), times=torch.arange(6.0), fps=10.0, weights="", info=info)

    def plain(value):
        return lambda piece: np.full((len(piece), 32, 32, 3), value, np.uint8)

    clip = Clip(
        frames=plain(100)(np.arange(6)),
        seconds=np.arange(6) / 10,
        fps=10.0,
        box=None,
        path=Path(source),
        info={},
    )
    videos = {"inverted": plain(40), "tuned": plain(160)}
    return write_comparison(path, clip, videos, motion, sound=sound)


def test_clip_videos_and_difference(tmp_path):
    """In this order, side by side; the difference is half of last video minus clip, around grey."""
    video, sheet = write(tmp_path / "out")
    reader = open_clip(video)
    assert reader.length == 6 and reader.fps == pytest.approx(10)
    frame = next(iter(reader.read(np.array([3]))))
    columns = frame[-40, np.linspace(0, frame.shape[1], 9).astype(int)[1::2]]
    expected = np.array([100, 40, 160, 128 + 30])
    assert np.abs(columns.astype(int) - expected[:, None]).max() <= 4
    pixels = cv2.imread(str(sheet))
    for value in expected:  # large areas of each, by rows
        assert (pixels == value).all(axis=-1).mean() > 0.1


def test_sound_is_kept_at_the_clips_own_pace(tmp_path, beep):
    assert has_sound(write(tmp_path / "own", beep)[0])
    assert not has_sound(write(tmp_path / "other", beep, fps=25.0)[0])
    assert not has_sound(write(tmp_path / "silent")[0])
    assert not has_sound(write(tmp_path / "unwanted", beep, sound=False)[0])


def test_the_sheet_is_there_before_a_video_that_fails(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr("mmctsvg.inversion.side_by_side.VideoWriter", refuse)
    with pytest.raises(OSError, match="no space left"):
        write(tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"out.png"}
