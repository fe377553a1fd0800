from fractions import Fraction

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from mmctsvg.datasets import CounterSampler, TripletVideoDataset, WeizmannDataset
from mmctsvg.datasets.triplet_dataset import BAD_CLIPS
from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError, UserNote

from .conftest import write_csv, write_folder, write_video
from .video_matrix import write


def make(annotations, **kwargs):
    return TripletVideoDataset(annotations=str(annotations), size=kwargs.pop("size", 16), **kwargs)


def test_frames_are_those_of_the_times_and_labels(clip_list):
    dataset = make(clip_list, split="all")
    for index in range(30):
        item = dataset[index]
        red, green, blue = (item["frames"][:, c, 3, 5].float() for c in range(3))
        torch.testing.assert_close(red, 10 * item["times"], atol=1e-4, rtol=0)
        clip = 2 * int(item["actor"]) + int(item["action"])
        torch.testing.assert_close(green, torch.full((3,), 20.0 * clip), atol=1e-4, rtol=0)
        assert blue.abs().max() < 1e-4
        assert item["times"].max() <= 11 and int(item["length"]) == 12


def test_splits(clip_list):
    cells = {
        split: {(clip.actor, clip.action) for clip in make(clip_list, split=split).annotations}
        for split in ("train", "test", "all")
    }
    assert cells["test"] == {(1, 1)}
    assert cells["train"] == {(0, 0), (0, 1), (1, 0)}
    assert cells["all"] == cells["train"] | cells["test"]
    metainfo = make(clip_list, split="test").metainfo
    assert metainfo["actors"] == ["anna0", "anna1"] and len(metainfo["actions"]) == 2


def test_actors_of_a_checkpoint(clip_list):
    names = ["x", "y", "z"]
    metainfo = make(clip_list, actor_names=names).metainfo
    assert metainfo["actors"] == names
    with pytest.raises(UserError, match=r"has person 1, but actor_names end at 0 \(x\)"):
        make(clip_list, actor_names=["x"])


@pytest.mark.parametrize("cache", [None, "memory"])
def test_workers_and_cache_change_nothing(clip_list, cache):
    expected = [make(clip_list)[i]["frames"] for i in range(12)]
    dataset = make(clip_list, cache=cache)
    for workers in (0, 2):
        sampler = CounterSampler(dataset)
        loader = DataLoader(dataset, batch_size=4, sampler=sampler, num_workers=workers)
        found = torch.cat([batch["frames"] for batch, _ in zip(loader, range(3), strict=False)])
        assert torch.equal(found, torch.stack(expected))


def test_memory_cache_reads_no_file_again(clip_list):
    dataset = make(clip_list, cache="memory", size=8)
    dataset.readers = None
    assert dataset[0]["frames"].shape == (3, 3, 8, 8)


def test_videos(tmp_path, noise_frames):
    write_video(tmp_path / "0/0/clip.mp4", noise_frames, fps=10, g="12")
    dataset = make(tmp_path, size=32)
    assert dataset.metainfo["fps"] == 10
    whole = dataset.readers[0].read(np.arange(60))
    for index in range(10):
        item = dataset[index]
        times = item["times"].long().numpy()
        expected = whole[times].reshape(3, 32, 2, 32, 2, 3).mean((2, 4))
        assert np.abs(item["frames"].permute(0, 2, 3, 1).numpy() - expected).max() <= 1


@pytest.fixture
def mixture(tmp_path, noise_frames):
    """Two clips at 25, one at 50 and one at 10 frames per second, one uneven, and one folder."""
    for name, fps in (("a", 50), ("b", 25), ("c", 25), ("d", 10)):
        write_video(tmp_path / f"0/0/{name}.mp4", noise_frames[:20], fps=fps)
    write(tmp_path / "0/0/e.mp4", "mjpeg", [0, 1, 2, 25, 26], 1 / Fraction(25))
    write_folder(tmp_path / "0/0/f")
    return tmp_path


def test_a_mixture_of_rates_is_refused(mixture):
    with pytest.raises(UserError) as error:
        make(mixture, crop="center")
    assert str(error.value) == (
        f"{mixture} has clips of different rates, 25 (3, such as 0/0/b.mp4), 10 (1, such as "
        "0/0/d.mp4) and 50 (1, such as 0/0/a.mp4) frames per second, in which a stride of frames "
        "is not the same time: bring them to one rate with the converters' option fps, or train by "
        "their own times with mixed_rates=True"
    )
    with pytest.raises(UserError, match="different rates"):
        make(mixture, crop="center", fps=25)


@pytest.mark.parametrize(("fps", "rate"), [(None, 25), (50, 50)])
def test_a_mixture_that_is_wanted(mixture, fps, rate):
    """Times are seconds times the rate of the data set; a stride is the same time everywhere."""
    dataset = make(mixture, crop="center", mixed_rates=True, fps=fps, stride=2)
    assert dataset.metainfo["fps"] == rate
    seconds = [np.arange(20) / own for own in (50, 25, 25, 10)]
    seconds += [np.array([0, 1, 2, 25, 26]) / 25, np.arange(12) / rate]
    for number, (clip, expected) in enumerate(zip(dataset.annotations, seconds, strict=True)):
        times = np.arange(clip.length) if clip.times is None else clip.times
        assert times == pytest.approx(expected * rate, abs=1e-3)
        assert (clip.times is None) == ([50, 25, 25, 10, 0, rate][number] == rate)
    strides = [clip.own_stride(2) for clip in dataset.annotations]
    assert strides == ([4, 2, 2, 1, 2, 2] if rate == 25 else [2, 1, 1, 1, 1, 2])


def test_uneven_clips_need_no_leave(tmp_path):
    (tmp_path / "0/0").mkdir(parents=True)
    write(tmp_path / "0/0/e.mp4", "mjpeg", [0, 1, 2, 25, 26], 1 / Fraction(25))
    dataset = make(tmp_path, crop="center")
    assert dataset.metainfo["fps"] == pytest.approx(25)
    times = {tuple(np.round(dataset[i]["times"].numpy()).tolist()) for i in range(40)}
    assert times == {(0, 1, 2), (1, 2, 25), (2, 25, 26)}


def test_the_rate_is_that_of_most_clips_of_the_list(tmp_path, noise_frames):
    """Not of the first one, nor of a split, and not that of folders, which have none."""
    rates = (29.97, 30, 30)
    write_folder(tmp_path / "a")
    rows = [("a", 0, 1, 0)]
    for number, fps in enumerate(rates):
        rate = Fraction(fps).limit_denominator(1001)
        write_video(tmp_path / f"{number}.mp4", noise_frames[:8], fps=rate)
        rows.append((f"{number}.mp4", 0, int(number == 0), 0))
    annotations = write_csv(tmp_path / "list.csv", rows)
    for split in ("train", "test", "all"):
        dataset = make(annotations, split=split)
        assert dataset.metainfo["fps"] == 30
        assert all(clip.times is None for clip in dataset.annotations)


def test_a_stated_rate_counts_and_is_noted(tmp_path, noise_frames):
    write_video(tmp_path / "0/0/a.mp4", noise_frames, fps=10)
    with pytest.warns(UserNote, match="fps is 5, which counts, although the clips run at 10"):
        dataset = make(tmp_path, fps=5)
    assert dataset.metainfo["fps"] == 5 and dataset.annotations[0].times is None
    dataset = make(tmp_path, fps=5, mixed_rates=True)
    assert dataset.annotations[0].times == pytest.approx(np.arange(60) / 2)
    with pytest.raises(UserError, match="fps is 0: it must lie above 0"):
        make(tmp_path, fps=0)


def test_one_label_or_none(tmp_path):
    write_folder(tmp_path / "clip")
    dataset = make(write_csv(tmp_path / "a.csv", [("clip", 0)], "path,person"))
    assert (dataset.metainfo["actors"], dataset.metainfo["actions"]) == (["actor0"], [])
    dataset = make(write_csv(tmp_path / "b.csv", [("clip",)], "path"))
    assert (dataset.metainfo["actors"], dataset.metainfo["actions"]) == ([], [])
    assert (int(dataset[0]["actor"]), int(dataset[0]["action"])) == (0, 0)
    with pytest.raises(UserError, match="has no column is_train, so it has no split 'test'"):
        make(tmp_path / "b.csv", split="test")


def test_bad_list_is_refused_or_skipped(tmp_path, capsys):
    write_folder(tmp_path / "clip")
    rows = [("clip", 0, 1, 0), ("gone", 0, 1, 0), ("clip", "", 1, 0)]
    annotations = write_csv(tmp_path / "list.csv", rows)
    with pytest.raises(UserError) as error:
        make(annotations)
    assert "has 2 problems; mend them, or skip these clips" in str(error.value)
    assert "line 3: gone does not exist" in str(error.value)
    assert len(make(annotations, allow_bad_clips=True)) == 1
    assert "skipping 2 bad clips" in capsys.readouterr().err


def test_a_list_without_training(tmp_path):
    """It is refused by training as by the check, but good for measuring."""
    write_folder(tmp_path / "clip")
    annotations = write_csv(tmp_path / "list.csv", [("clip", 0)], "path,is_train")
    for allow_bad_clips in (False, True):
        with pytest.raises(UserError, match="it has no clip for training: no usable row has is_tr"):
            make(annotations, allow_bad_clips=allow_bad_clips)
    assert len(make(annotations, split="test")) == len(make(annotations, split="all")) == 1


def test_a_clip_that_vanishes_while_training(clip_list):
    dataset = make(clip_list, split="test")
    (clip_list.parent / "anna1/jump1/0/frame0.png").unlink()
    with pytest.raises(UserError, match="anna1/jump1/0 had 12 pictures"):
        dataset[0]
    assert make(clip_list, allow_bad_clips=True).allow_bad_clips


def test_the_memory_cache_skips_bad_clips_as_without_it(clip_list):
    """And counts them alike: the items are the same, and say the same of what was skipped."""
    picture = clip_list.parent / "anna1/jump1/0/frame5.png"
    data = picture.read_bytes()  # of which opening looks at both ends
    picture.write_bytes(data[: len(data) // 2] + bytes(40) + data[len(data) // 2 + 40 :])
    make(clip_list)
    with pytest.raises(UserError, match="anna1/jump1/0 .*frame5.*; cache='memory' reads all clips"):
        make(clip_list, split="all", cache="memory")
    options = dict(split="all", allow_bad_clips=True)
    plain, cached = make(clip_list, **options), make(clip_list, cache="memory", **options)
    skipped = 0
    for index in range(40):
        a, b = plain[index], cached[index]
        assert a.keys() == b.keys() and a[BAD_CLIPS] == b[BAD_CLIPS]
        assert torch.equal(a["frames"], b["frames"])
        skipped += bool(a[BAD_CLIPS])
    assert skipped


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (dict(split="val"), "split is 'val': it must be one of 'train', 'test', 'all'"),
        (dict(crop="left"), "crop is 'left': it must be one of None, 'center'"),
        (dict(cache="disk"), "cache is 'disk': it must be one of None, 'memory'"),
        (dict(min_length=99), "the dataset has no clip"),
        (dict(size=0), "size is 0: it must be a whole number from 1 on"),
        (dict(stride=6), "has 12 frames, but triplets need 13"),
    ],
)
def test_bad_arguments(clip_list, arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        make(clip_list, **arguments)


def test_min_length_drops_clips(tmp_path):
    write_folder(tmp_path / "0/0/long", count=9)
    write_folder(tmp_path / "0/0/short", count=5)
    assert [clip.length for clip in make(tmp_path, min_length=6).annotations] == [9]


def test_named_dataset_from_a_config(tmp_path):
    for action in ("wave1", "bend"):
        write_folder(tmp_path / "anna" / action)
    cfg = dict(type="WeizmannDataset", annotations=str(tmp_path), size=8, cache="memory")
    dataset = DATASETS.build(cfg)
    assert isinstance(dataset, WeizmannDataset)
    assert dataset.metainfo["actions"] == ["wave1", "wave2", "jack", "bend"]
    assert {clip.action for clip in dataset.annotations} == {0, 3}
