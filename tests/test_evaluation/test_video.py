from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.evaluation.video import (
    Shot,
    Video,
    clip_name,
    read_videos,
    shoot,
    video_at,
    video_from_tensor,
)
from mmctsvg.utils.errors import UserError


def write_clip(folder, length, value):
    folder.mkdir(parents=True)
    for number in range(length):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((8, 8, 3), value + number, np.uint8))


def test_tensors_are_rounded_and_cut_off():
    tensor = torch.tensor([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]).reshape(2, 3, 1, 1)
    video = video_from_tensor(tensor, "x", actor="ann")
    assert video.frames.reshape(-1).tolist() == [0, 0, 128, 191, 255, 255]
    assert video.size == (1, 1) and video.actor == "ann"
    with pytest.raises(UserError, match="x holds values that are no finite numbers"):
        video_from_tensor(tensor * torch.nan, "x")


def test_frames_must_be_frames():
    for frames in (
        np.zeros((2, 4, 4, 3)),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((0, 4, 4, 3), np.uint8),
    ):
        with pytest.raises(ValueError, match="x: frames must be uint8"):
            Video(frames=frames, name="x")


def test_shots_with_one_seed_have_one_motion(make_generator, make_meta):
    inferencer = CTSVGInferencer.from_generator(make_generator(), make_meta())
    shots = [
        Shot(motion=4, times=(0.0, 2.5), actor="bob", action="wave", seen=False),
        Shot(motion=4, times=(0.0, 2.5), actor="ann", action="wave"),
    ]
    bob, ann = shoot(inferencer, shots)
    m = inferencer.sample_motion(1, seed=4)
    expected = inferencer.render([0.0, 2.5], actor="bob", action="wave", motion=m, seed=4)
    np.testing.assert_array_equal(bob.frames, video_from_tensor(expected, "x").frames)
    assert (
        bob.motion == ann.motion and bob.seen is False and bob.name == "generated bob/wave/motion4"
    )
    assert (bob.frames != ann.frames).any()


def test_another_rate_renders_the_same_seconds(make_generator, make_meta):
    inferencer = CTSVGInferencer.from_generator(make_generator(), make_meta())  # at 20
    shots = [Shot(motion=4, times=(0.0, 1.0, 2.0), actor="bob", action="wave")]
    plain, same, half = (next(shoot(inferencer, shots, rate)) for rate in (None, 20.1, 10.0))
    np.testing.assert_array_equal(plain.frames, same.frames)
    shots = [Shot(motion=4, times=(0.0, 2.0, 4.0), actor="bob", action="wave")]
    np.testing.assert_array_equal(half.frames, next(shoot(inferencer, shots)).frames)
    assert (half.fps, half.own_fps, plain.fps) == (10, 20, 20)


def test_a_generator_without_labels(make_generator, make_meta):
    generator = make_generator(0, 0)
    inferencer = CTSVGInferencer.from_generator(generator, make_meta(0, 0))
    videos = list(shoot(inferencer, [Shot(motion=1, times=(0.0,), content=n) for n in (0, 1)]))
    assert [video.actor for video in videos] == ["content0", "content1"]
    assert (videos[0].frames != videos[1].frames).any()


def test_videos_of_a_dataset():
    dataset = SynthActorsDataset(size=16, num_actors=2, num_takes=1, length=12)
    video = video_at(dataset, 3, trained={("Mia", "laugh")})
    np.testing.assert_array_equal(video.frames, dataset.read_frames(3, np.arange(12)))
    clip = dataset.annotations[3]
    assert video.name == clip.path == f"{video.actor}/{video.action}/take0" and video.fps == 15
    assert video.seen == (video.action == "laugh") and video_at(dataset, 0).seen is None
    slow = video_at(dataset, 3, rate=5.0, frames=3)
    np.testing.assert_array_equal(slow.frames, video.frames[[0, 3, 6]])
    assert (slow.fps, slow.own_fps, slow.whole) == (5, 15, 4)
    times = np.array([0, 1, 2, 5], np.float32)  # of a clip with a gap
    dataset.annotations[3] = replace(clip, length=4, times=times)
    even = video_at(dataset, 3)
    np.testing.assert_array_equal(even.frames, video.frames[[0, 1, 2, 2, 3, 3]])


def test_anybodys_clips(tmp_path):
    write_clip(tmp_path / "flat" / "b", 3, 10)
    write_clip(tmp_path / "flat" / "a", 2, 50)
    videos = list(read_videos(tmp_path / "flat"))
    assert [len(video.frames) for video in videos] == [2, 3]
    assert videos[0].frames[1, 0, 0].tolist() == [51] * 3 and videos[0].actor is None

    assert clip_name("a/take1.5") == "take1.5" and clip_name("a/b.1.MP4") == "b.1"
    for actor in ("ann", "bob"):
        write_clip(tmp_path / "tree" / actor / "wave" / "style1", 3, 10)
    videos = list(read_videos(tmp_path / "tree", frames=2, motion_by_name=True))
    assert [(f.actor, f.action, f.motion, len(f.frames)) for f in videos] == [
        ("ann", "wave", "style1", 2),
        ("bob", "wave", "style1", 2),
    ]

    (tmp_path / "list.csv").write_text("path,label\ntree/ann/wave/style1,0\ntree/no,0\n")
    with pytest.raises(UserError, match="no does not exist"):
        list(read_videos(tmp_path / "list.csv"))
    with pytest.raises(UserError, match="it holds no clip: clips lie in it as ACTOR"):
        (tmp_path / "empty").mkdir()
        list(read_videos(tmp_path / "empty"))


def test_first_frames_are_of_different_clips():
    from mmctsvg.datasets import SynthActorsDataset
    from mmctsvg.evaluation.video import first_frames

    data = SynthActorsDataset(size=16, num_actors=2, num_takes=1, length=5)
    first = first_frames(data)
    frames = [first(n).tobytes() for n in range(len(data))]
    expected = [data.read_frames(n, np.array([0]))[0].tobytes() for n in range(len(data))]
    assert sorted(frames) == sorted(expected) and frames != expected
    assert first(len(data) + 1).tobytes() == frames[1]
