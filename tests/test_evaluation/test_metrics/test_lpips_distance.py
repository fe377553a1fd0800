import numpy as np
import pytest
import torch

from mmctsvg.evaluation.backbones.lpips import load_lpips
from mmctsvg.evaluation.film import Film
from mmctsvg.evaluation.metrics import LPIPSDistance
from mmctsvg.utils.errors import UserError

pytestmark = pytest.mark.slow


@pytest.fixture
def metric(weights):
    return LPIPSDistance(net="alex", weights=str(weights("lpips_alex")), batch_size=3)


def test_pairs_by_name_and_label_frame_by_frame(metric, make_film, weights):
    real = [make_film(n, frames=5, size=64, name=f"real/{n}.mp4", actor="ann") for n in (0, 1)]
    fake = [make_film(n, frames=4, size=64, name=f"x/{n}", actor="ann") for n in (1, 0)]
    fake[0].frames[...] //= 2
    metric.add(make_film(9, size=64, name="alone"), real=True)
    for film in real:
        metric.add(film, real=True)
    for film in fake:
        metric.add(film, real=False)
    found = metric.evaluate()
    network = load_lpips("alex", weights("lpips_alex"))
    a, b = (
        torch.from_numpy(f.frames[:4] / 127.5 - 1).permute(0, 3, 1, 2).float()
        for f in (real[1], fake[0])
    )
    expected = float(network(a, b).mean())  # the other pair is at 0
    assert found["LPIPS/mean"] == pytest.approx(expected / 2, rel=1e-5)
    assert found["LPIPS/pairs"] == 2 and metric.notes == ["LPIPS: 1 films have no counterpart"]


def test_small_films_and_equal_ones(metric, make_film):
    film = make_film(0, frames=2, size=16)
    metric.add(film, real=False)
    metric.add(film, real=True)
    assert metric.evaluate()["LPIPS/mean"] == 0


def test_refusals(metric, make_film):
    with pytest.raises(UserError, match="found no pair"):
        metric.evaluate()
    metric.add(make_film(0, name="a/x"), real=True)
    with pytest.raises(UserError, match="b/x and a/x have the same name"):
        metric.add(make_film(0, name="b/x"), real=True)
    with pytest.raises(UserError, match="is 9x9 and a/x is 8x8: pairs must have one size"):
        metric.add(make_film(0, size=9, name="c/x"), real=False)
    with pytest.raises(UserError, match="net is 'squeeze'"):
        LPIPSDistance(net="squeeze")
    assert isinstance(make_film(0), Film) and np.isfinite(make_film(0).frames).all()
