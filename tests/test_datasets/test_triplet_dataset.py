from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.datasets import Clip, TripletDataset
from mmctsvg.datasets.triplet_dataset import BAD_CLIPS
from mmctsvg.utils.errors import UserError


class Ramps(TripletDataset):
    """Every pixel holds 10 * clip + frame; the right half is brighter by 100."""

    def __init__(self, lengths=(7, 30), **kwargs):
        clips = [Clip(path=str(i), length=n, actor=i, action=1) for i, n in enumerate(lengths)]
        names = [str(i) for i in range(len(clips))]
        kwargs = {"fps": 25, "size": 4, **kwargs}
        super().__init__(annotations=clips, actors=names, actions=["a", "b"], **kwargs)

    def read_frames(self, clip, times):
        frames = np.zeros((len(times), 4, 4, 3), np.uint8)
        frames += (10 * clip + times).astype(np.uint8)[:, None, None, None]
        frames[:, :, 2:] += 100
        return frames


def test_sample():
    item = Ramps()[5]
    assert item["frames"].shape == (3, 3, 4, 4) and item["frames"].dtype == torch.uint8
    assert item["times"].shape == (3,) and item["times"].dtype == torch.float32
    for name in ("actor", "action", "index", "length"):
        assert item[name].shape == () and item[name].dtype == torch.int64
    clip = int(item["actor"])
    assert torch.equal(item["frames"][:, 0, 0, 0], 10 * clip + item["times"].byte())
    assert int(item["length"]) == (7, 30)[clip] and int(item["index"]) == 5


def test_item_is_a_function_of_seed_and_index():
    one, same, other = Ramps(seed=1), Ramps(seed=1), Ramps(seed=2)
    order = np.random.default_rng(0).permutation(200)
    shuffled = {int(i): same[int(i)] for i in order}
    times = [tuple(one[i]["times"].tolist()) for i in range(200)]
    assert times == [tuple(shuffled[i]["times"].tolist()) for i in range(200)]
    assert times != [tuple(other[i]["times"].tolist()) for i in range(200)]
    assert one[10**12]["frames"].shape == (3, 3, 4, 4)


class Gaps(Ramps):
    """Ramps of which some cannot be read."""

    bad = (1,)

    def read_frames(self, clip, times):
        if clip in self.bad:
            raise UserError(f"ramp {clip}\nis broken")
        return super().read_frames(clip, times)


def test_only_items_of_bad_clips_are_drawn_again():
    lengths = (7,) * 5
    right, gaps = Ramps(lengths), Gaps(lengths, allow_bad_clips=True)
    drawn = set()
    for index in range(200):
        item, expected = gaps[index], right[index]
        if int(expected["actor"]) == 1:
            assert item.pop(BAD_CLIPS).splitlines()[0] == "1 ramp 1 is broken"
            assert int(item["index"]) == index and int(item["actor"]) != 1
            drawn.add(int(item["actor"]))
            twice = gaps[index]
            assert all(torch.equal(value, twice[name]) for name, value in item.items())
        else:
            assert item.pop(BAD_CLIPS) == ""
            assert all(torch.equal(value, item[name]) for name, value in expected.items())
    assert drawn == {0, 2, 3, 4}
    gaps.bad = range(5)  # the disc is gone
    with pytest.raises(UserError, match="ramp .\nis broken"):
        gaps[0]
    with pytest.raises(UserError, match="ramp 1"):
        [Gaps(lengths)[index] for index in range(200)]


def test_clips_and_times_are_uniform():
    items = [Ramps(lengths=(7, 7))[i] for i in range(4000)]
    pairs = np.array([(int(item["actor"]), int(item["times"][0])) for item in items])
    counts = np.histogram2d(*pairs.T, bins=(2, 5))[0]
    assert np.abs(counts - 400).max() < 5 * np.sqrt(400)


def test_flip_mirrors_half_of_the_triplets_and_only_when_asked():
    assert not any(brighter_left(item) for item in map(Ramps().__getitem__, range(50)))
    flipped = [brighter_left(item) for item in map(Ramps(flip=True).__getitem__, range(400))]
    assert 150 < sum(flipped) < 250


def brighter_left(item):
    assert (item["frames"][..., :2] != item["frames"][..., 2:]).all()
    return bool(item["frames"][0, 0, 0, 0] > item["frames"][0, 0, 0, 3])


def test_official_stride_follows_the_iteration():
    dataset = Ramps(lengths=(30,), stride="official", items_per_iteration=2)
    for index, stride in ((0, 1), (199, 1), (200, 2), (399, 2), (400, 3), (600, 1)):
        assert torch.diff(dataset[index]["times"]).tolist() == [stride, stride]


def test_clips_with_times_of_their_own():
    """The first runs at twice the rate of the data set, the second has a gap, the third neither."""
    data = Ramps(lengths=(21, 9, 9), stride=2)
    plain = Ramps(lengths=(21, 9, 9), stride=2)
    shown = [np.arange(21) / 2, np.array([0, 1, 2, 3, 23, 24, 25, 26, 27]), np.arange(9)]
    for number, times in enumerate(shown[:2]):
        clip = data.annotations[number]
        data.annotations[number] = replace(clip, times=times.astype(np.float32))
    strides = (4, 2, 2)  # two frames of the data set
    assert [clip.own_stride(2) for clip in data.annotations] == list(strides)
    assert data.annotations[0].own_stride(30) == 10 and data.annotations[1].own_stride(1) == 1
    for index in range(60):
        item, clip = data[index], int(data[index]["actor"])
        numbers = (item["frames"][:, 0, 0, 0].int() - 10 * clip).numpy()
        assert np.diff(numbers).tolist() == [strides[clip]] * 2
        assert item["times"].numpy() == pytest.approx(shown[clip][numbers])
        assert item["times"].dtype == torch.float32 and int(item["length"]) == (11, 28, 9)[clip]
        if clip == 2:
            assert all(torch.equal(item[name], plain[index][name]) for name in item)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (dict(stride=0), "stride is 0: it must be a whole number from 1 on or 'official'"),
        (dict(stride=1.5), "stride is 1.5"),
        (dict(stride="official"), "give items_per_iteration"),
        (dict(times="offical"), "times is 'offical': it must be one of 'paper', 'official'"),
        (dict(lengths=()), "the dataset has no clip"),
        (dict(fps=-1), "fps is -1: it must be a number above 0"),
        (dict(fps=float("nan")), "fps is nan: "),
        (dict(size=15.5), "size is 15.5: it must be a whole number from 1 on"),
        (dict(items_per_iteration=0), "items_per_iteration is 0: "),
        (dict(seed=-1), "seed is -1: it must be a whole number from 0 on"),
    ],
)
def test_bad_arguments(arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        Ramps(**arguments)


def test_samples_of_any_number_of_frames():
    item = Ramps(lengths=(20, 30), num_frames=6, stride=3)[2]
    assert item["frames"].shape == (6, 3, 4, 4) and item["times"].diff().tolist() == [3.0] * 5
    clip = int(item["actor"])
    assert torch.equal(item["frames"][:, 0, 0, 0], 10 * clip + item["times"].byte())
    single = [Ramps(lengths=(1, 30), num_frames=1, stride=3)[i] for i in range(8)]
    assert {item["frames"].shape for item in single} == {(1, 3, 4, 4)}
    assert {int(item["length"]) for item in single} == {1, 30}
    plain, same = Ramps(seed=1), Ramps(seed=1, num_frames=3)
    assert torch.equal(plain[3]["frames"], same[3]["frames"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(num_frames=0), "num_frames is 0"),
        (dict(num_frames=4, times="spans"), "num_frames=4: stride=1 with times='spans'"),
        (dict(num_frames=4, times="official"), "draws triplets; give num_frames=3"),
        (dict(num_frames=4, stride="official", items_per_iteration=2), "stride='official'"),
    ],
)
def test_wrong_numbers_of_frames(options, words):
    with pytest.raises(UserError, match=words):
        Ramps(**options)
