import numpy as np
import pytest
import torch

from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.datasets.synth import ACTIONS, PEOPLE
from mmctsvg.datasets.synth.face import MOUTH_COLOUR, TEETH_COLOUR, TONGUE_COLOUR
from mmctsvg.utils.errors import UserError

SPEAK, NOD, SHAKE, WAVE, LAUGH = (
    ACTIONS.index(name) for name in ("speak", "nod", "shake", "wave", "laugh")
)
OMAR, LEO, GEORGE, NILS = (
    [person.name for person in PEOPLE].index(name) for name in ("Omar", "Leo", "George", "Nils")
)
TIMES = np.arange(0, 40, 0.5)


@pytest.fixture(scope="module")
def dataset():
    return SynthActorsDataset(size=128, split="all", length=8)


def near(frames, colour, distance=20):
    """bool (T, H, W): pixels of about this colour."""
    return (np.abs(frames.astype(int) - colour) < distance).all(-1)


def part(frames, top, bottom, left, right):
    size = frames.shape[1]
    return frames[:, int(top * size) : int(bottom * size), int(left * size) : int(right * size)]


def centre(mask):
    """(T, 2): mean x and y of the pixels of a mask."""
    ys, xs = np.mgrid[: mask.shape[1], : mask.shape[2]]
    count = mask.sum((1, 2))
    return np.stack([(mask * xs).sum((1, 2)) / count, (mask * ys).sum((1, 2)) / count], axis=1)


def correlation(one, other):
    return np.corrcoef(one, other)[0, 1]


def mouth_pixels(frames):
    below_eyes = part(frames, 0.50, 0.70, 0.30, 0.66)
    colours = (MOUTH_COLOUR, TEETH_COLOUR, TONGUE_COLOUR)
    return sum(near(below_eyes, colour).sum((1, 2)) for colour in colours)


def eye_whites(frames, bottom=0.66):
    return near(part(frames, 0.2, bottom, 0.1, 0.85), (255, 255, 255), 35)


@pytest.mark.parametrize("take", [0, 3])
@pytest.mark.parametrize("actor", range(len(PEOPLE)))
def test_mouth_area_is_what_is_seen(dataset, actor, take):
    frames = dataset.render(actor, SPEAK, take, TIMES)
    truth = dataset.truth(SPEAK, take, TIMES)["mouth_area"]
    seen = mouth_pixels(frames) / 128**2
    assert correlation(seen, truth) > 0.95
    if not PEOPLE[actor].moustache:  # which hides the upper teeth
        assert seen.max() == pytest.approx(truth.max(), rel=0.35)


def test_head_angles_are_what_is_seen(dataset):
    for action, name, axis in ((SHAKE, "head_yaw", 0), (NOD, "head_pitch", 1)):
        times = TIMES
        truth = dataset.truth(action, 1, times)
        awake = truth["eye_open"] > 0.6
        seen = centre(eye_whites(dataset.render(LEO, action, 1, times)[awake]))[:, axis]
        assert correlation(seen, np.sin(truth[name][awake])) > 0.95
        assert np.ptp(seen) > 0.12 * 128  # several pixels even at 32 px


def test_arm_angle_is_what_is_seen(dataset):
    frames = dataset.render(LEO, WAVE, 1, TIMES)
    hand = part(frames, 0.45, 0.80, 0.72, 1.0)
    seen = centre(near(hand, PEOPLE[LEO].skin))[:, 0]
    assert correlation(seen, dataset.truth(WAVE, 1, TIMES)["arm_angle"]) > 0.95


def test_shoulders_bob_as_the_truth_says(dataset):
    frames = dataset.render(NILS, LAUGH, 0, TIMES)
    column = part(frames, 0.7, 1.0, 0.2, 0.28)
    shirt = near(column, PEOPLE[NILS].shirt, 12).sum((1, 2))
    assert correlation(-shirt, dataset.truth(LAUGH, 0, TIMES)["body_y"]) > 0.95


@pytest.mark.parametrize(("action", "bottom"), [(SPEAK, 0.53), (NOD, 0.66), (SHAKE, 0.66)])
def test_motion_is_the_same_across_actors(dataset, action, bottom):
    """Eyes of very different people are in the same place at every time."""
    times = np.arange(0, 40, 1.7)
    times = times[dataset.truth(action, 2, times)["eye_open"] > 0.9]
    places = []
    for actor in (OMAR, LEO, NILS):
        frames = dataset.render(actor, action, 2, times, size=256)
        places.append(centre(eye_whites(frames, bottom)))
    assert np.ptp(places[0], axis=0).max() > 5
    for place in places[1:]:
        assert np.abs(place - places[0]).max() < 1.5  # pixels of 256: edges mix


def test_frames_are_a_function_of_the_arguments():
    def make(**kwargs):
        return SynthActorsDataset(size=16, num_actors=3, num_takes=2, length=8, **kwargs)

    one, same = make(seed=4), make(seed=4)
    for index in (3, 0, 11):
        assert torch.equal(one[index]["frames"], same[index]["frames"])
    same[5]
    assert torch.equal(one[3]["frames"], same[3]["frames"])
    # 8 frames of 16 x 16 are 6144 bytes: room for two clips, the others are drawn when needed.
    little_room = make(seed=4, cache_mb=0.013)
    for index in range(20):
        assert torch.equal(one[index]["frames"], little_room[index]["frames"])
    assert len(little_room._cache) == 2
    assert not torch.equal(one[3]["frames"], make(seed=5)[3]["frames"])


def test_items_show_the_clip_at_their_times():
    dataset = SynthActorsDataset(size=16, num_takes=1, length=8)
    for index in range(6):
        item = dataset[index]
        times = item["times"].numpy()
        rendered = dataset.render(int(item["actor"]), int(item["action"]), 0, times)
        assert torch.equal(item["frames"], torch.from_numpy(rendered).permute(0, 3, 1, 2))


@pytest.mark.parametrize("cache_mb", [512, 0])
def test_clips_show_their_own_take(cache_mb):
    """Frames of every clip, kept or drawn anew, are those that its own name promises."""
    dataset = SynthActorsDataset(
        size=16, num_actors=2, num_takes=2, length=4, cache_mb=cache_mb, seed=6
    )
    times = np.array([3, 0])
    for number, (clip, cell) in enumerate(zip(dataset.annotations, dataset.cells, strict=True)):
        actor, action, take = cell
        assert clip.path == f"{PEOPLE[actor].name}/{ACTIONS[action]}/take{take}"
        frames = dataset.read_frames(number, times)
        np.testing.assert_array_equal(frames, dataset.render(actor, action, take, times))
        assert (frames != dataset.render(actor, action, 1 - take, times)).any()


def test_held_out_cells():
    cells = {
        split: {(c.actor, c.action) for c in SynthActorsDataset(split=split).annotations}
        for split in ("train", "test", "all")
    }
    assert len(cells["all"]) == 8 * 5 and len(cells["test"]) == 8
    assert cells["train"] | cells["test"] == cells["all"]
    assert not cells["train"] & cells["test"]
    assert {actor for actor, _ in cells["test"]} == set(range(8))
    assert {action for _, action in cells["test"]} == set(range(5))


def test_one_moment_or_many_at_any_size(dataset):
    for size in (32, 64, 96, 200):
        one = dataset.render(GEORGE, LAUGH, 0, -3.25, size)
        assert one.shape == (size, size, 3) and one.dtype == np.uint8
        many = dataset.render(GEORGE, LAUGH, 0, np.array([5.0, -3.25]), size)
        assert np.array_equal(many[1], one)


@pytest.mark.parametrize("size", [32, 200])
def test_sizes_show_the_same_picture(dataset, size):
    import cv2

    large = dataset.render(LEO, WAVE, 0, 3.0, 512)
    scaled = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    small = dataset.render(LEO, WAVE, 0, 3.0, size)
    difference = np.abs(scaled.astype(int) - small)
    assert difference.mean() < 1.5


def test_people_are_clearly_different():
    dataset = SynthActorsDataset(size=32, split="all", num_takes=1)
    faces = np.stack([dataset.render(actor, SPEAK, 0, 0.0) for actor in range(8)]).astype(float)
    for one in range(8):
        for other in range(one):
            assert np.abs(faces[one] - faces[other]).mean() > 25


def test_triplets_move():
    """Consecutive frames differ visibly at 32 px, whatever the action."""
    dataset = SynthActorsDataset(size=32, split="all", num_actors=1)
    for action in range(5):
        frames = dataset.render(0, action, 0, np.arange(24.0)).astype(float)
        changed = (np.abs(np.diff(frames, axis=0)).max(-1) > 16).sum((1, 2))
        assert np.median(changed) > 15  # of 1024 pixels


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (dict(split="val"), "split is 'val'"),
        (dict(num_actors=9), "num_actors is 9: it must be a whole number from 1 to 8"),
        (dict(num_takes=0), "num_takes is 0"),
        (dict(size=4), "size is 4"),
        (dict(size=15.5), "size is 15.5"),
        (dict(length=4.5), "length is 4.5"),
        (dict(cache_mb=-1), "cache_mb is -1: it must be a number from 0 on"),
        (dict(length=2), "length=2 has 2 frames, but triplets need 3"),
        (dict(length=9, times="official"), "triplets need 10"),
    ],
)
def test_bad_arguments(arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        SynthActorsDataset(**arguments)
