import numpy as np
import pytest
import torch

from mmctsvg.evaluation.backbones.lpips import load_lpips
from mmctsvg.evaluation.metrics import LPIPSDistance, lpips_distance
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError


class Difference(torch.nn.Module):
    """Has the call of LPIPS: mean absolute difference of two pictures."""

    def __init__(self):
        super().__init__()
        self.shapes = []  # of the pictures that came, call by call

    def forward(self, a, b):
        assert a.shape == b.shape
        self.shapes.append(tuple(a.shape))
        return (a - b).abs().mean(dim=(1, 2, 3), keepdim=True)


@pytest.fixture
def difference(monkeypatch):
    """Stands in for the real network, which needs its weights."""
    network = Difference()
    monkeypatch.setattr(lpips_distance, "load_lpips", lambda net, weights, offline: network)
    return network


@pytest.fixture
def metric(weights):
    return LPIPSDistance(net="alex", weights=str(weights("lpips_alex")), batch_size=3)


def test_pairs_are_equal_names_actors_and_actions(difference, make_video):
    """The mean over pairs of the mean over common frames, by NumPy, whichever side comes first."""
    metric = LPIPSDistance(batch_size=3)
    pairs = [
        ("x", "ann", "nod", 5, 4),
        ("x", "bob", "nod", 4, 7),
        ("x", "ann", "wave", 3, 3),
        ("y", "ann", "nod", 1, 2),
    ]
    first, second, expected = [], [], []
    for number, (name, actor, action, long, short) in enumerate(pairs):
        labels = dict(size=64, actor=actor, action=action)
        real = make_video(number, frames=long, name=f"real/{name}.mp4", **labels)
        fake = make_video(50 + number, frames=short, name=f"made/{name}", **labels)
        fake.frames[: number + 1] //= number + 2  # frames and pairs are unequally far apart
        sides = [(real, True), (fake, False)]
        first.append(sides.pop(number % 2))
        second += sides
        both = zip(real.frames / 127.5, fake.frames / 127.5, strict=False)
        expected.append(np.mean([np.abs(a - b).mean() for a, b in both]))
    alone = make_video(99, size=64, name="z", actor="ann", action="nod")
    for video, is_real in first + second[::-1]:
        metric.add(video, real=is_real)
    metric.add(alone, real=True)
    found = metric.evaluate()
    assert found["LPIPS/mean"] == pytest.approx(np.mean(expected), rel=1e-5)
    assert found["LPIPS/low"] < found["LPIPS/mean"] < found["LPIPS/high"]
    assert found["LPIPS/pairs"] == 4 and metric.notes == [
        "LPIPS: 1 videos have no counterpart",
        "LPIPS: 3 of 4 pairs differ in length, such as y with 1 and 2 frames: what goes beyond the "
        "shorter one is left out",
    ]
    assert sorted(shape[0] for shape in difference.shapes) == [1, 1, 1, 3, 3, 3]  # batches


def test_small_videos_are_enlarged_bilinearly(difference):
    """Stripes of 16 x 24 pixels, compared with NumPy's interpolation at 64 x 96."""
    stripes = np.random.default_rng(0).integers(0, 256, (2, 24, 1), dtype=np.uint8)
    metric = LPIPSDistance()
    for real, line in zip((True, False), stripes, strict=True):
        frames = np.broadcast_to(line, (2, 16, 24, 3)).copy()
        metric.add(Video(frames=frames, name="x"), real=real)
    places = (np.arange(96) + 0.5) / 4 - 0.5
    a, b = (np.interp(places, np.arange(24), line[:, 0] / 127.5) for line in stripes)
    assert metric.evaluate()["LPIPS/mean"] == pytest.approx(np.abs(a - b).mean(), rel=1e-5)
    assert difference.shapes == [(2, 3, 64, 96)]


def test_what_is_no_pair(difference, make_video):
    metric = LPIPSDistance()
    metric.add(make_video(0, name="a/x", actor="ann"), real=True)
    metric.add(make_video(1, name="b/x", actor="bob"), real=False)
    metric.add(make_video(2, name="c/x"), real=False)
    metric.add(make_video(3, name="d/y", actor="ann"), real=False)
    with pytest.raises(UserError, match="e/x and a/x have the same name"):
        metric.add(make_video(4, name="e/x", actor="ann"), real=True)
    with pytest.raises(UserError, match="is 9x9 and c/x is 8x8: pairs must have one size"):
        metric.add(make_video(5, size=9, name="f/x"), real=True)
    with pytest.raises(UserError, match="found no pair"):
        metric.evaluate()
    assert not difference.shapes


@pytest.mark.slow
def test_pairs_by_name_and_label_frame_by_frame(metric, make_video, weights):
    real = [make_video(n, frames=5, size=64, name=f"real/{n}.mp4", actor="ann") for n in (0, 1)]
    fake = [make_video(n, frames=4, size=64, name=f"x/{n}", actor="ann") for n in (1, 0)]
    fake[0].frames[...] //= 2
    metric.add(make_video(9, size=64, name="alone"), real=True)
    for video in real:
        metric.add(video, real=True)
    for video in fake:
        metric.add(video, real=False)
    found = metric.evaluate()
    network = load_lpips("alex", weights("lpips_alex"))
    a, b = (
        torch.from_numpy(f.frames[:4] / 127.5 - 1).permute(0, 3, 1, 2).float()
        for f in (real[1], fake[0])
    )
    expected = float(network(a, b).mean())  # the other pair is at 0
    assert found["LPIPS/mean"] == pytest.approx(expected / 2, rel=1e-5)
    assert found["LPIPS/pairs"] == 2 and len(metric.notes) == 2
    assert metric.notes[0] == "LPIPS: 1 videos have no counterpart"


@pytest.mark.slow
def test_small_videos_and_equal_ones(metric, make_video):
    video = make_video(0, frames=2, size=16)
    metric.add(video, real=False)
    metric.add(video, real=True)
    assert metric.evaluate()["LPIPS/mean"] == 0


@pytest.mark.slow
def test_refusals(metric, make_video):
    with pytest.raises(UserError, match="found no pair"):
        metric.evaluate()
    metric.add(make_video(0, name="a/x"), real=True)
    with pytest.raises(UserError, match="b/x and a/x have the same name"):
        metric.add(make_video(0, name="b/x"), real=True)
    with pytest.raises(UserError, match="is 9x9 and a/x is 8x8: pairs must have one size"):
        metric.add(make_video(0, size=9, name="c/x"), real=False)
    with pytest.raises(UserError, match="net is 'squeeze'"):
        LPIPSDistance(net="squeeze")
    assert isinstance(make_video(0), Video) and np.isfinite(make_video(0).frames).all()
