import numpy as np
import pytest

from mmctsvg.analysis.motion_factors import (
    FACTORS,
    agreement,
    measure_factors,
    predictability,
    video_factors,
)
from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.utils.errors import UserError


@pytest.mark.parametrize("action", ["nod", "speak"])
def test_drawn_clips_have_the_tempo_of_their_take(action):
    drawn = SynthActorsDataset(size=32, num_actors=2, length=40, split="all")
    number = synth.ACTIONS.index(action)
    clip = np.stack([drawn.render(1, number, 0, t) for t in range(40)])
    truth = synth.take_parameters(number, 0)
    found = dict(zip(FACTORS, video_factors(clip, "Omar", action, 15.0), strict=True))
    assert found["tempo"] == pytest.approx(15 / truth["period"], rel=0.03)
    assert found["sine"] ** 2 + found["cosine"] ** 2 == pytest.approx(1)
    # The mouth opens with -cos, the head nods with sin.
    phase = truth["phase"] - (np.pi / 2 if action == "speak" else 0)
    assert found["sine"] == pytest.approx(np.sin(phase), abs=0.3)
    assert found["cosine"] == pytest.approx(np.cos(phase), abs=0.3)


def test_a_still_video_has_a_size_only():
    drawn = SynthActorsDataset(size=32, num_actors=2, length=40, split="all")
    still = np.repeat(drawn.render(0, 1, 0, 5)[None], 20, axis=0)
    found = video_factors(still, "Mia", "nod", 15.0)
    assert found[1] < 1e-6 and np.isnan(found[[0, 2, 3]]).all()


def test_videos_of_a_generator(make_generator, make_meta):
    from mmctsvg.apis import CTSVGInferencer
    from mmctsvg.utils.pixels import to_uint8

    meta = make_meta(actors=["Mia", "Leo"], actions=["nod", "wave", "laugh"])
    inferencer = CTSVGInferencer.from_generator(make_generator(), meta)
    m = inferencer.sample_motion(2)
    found = measure_factors(inferencer, m, "Leo", ("wave", "nod"), 16)
    assert list(found) == ["wave", "nod"] and found["nod"].shape == (2, 4)
    video = to_uint8(inferencer.render(range(16), "Leo", "nod", motion=m[1], chunk=64))
    np.testing.assert_array_equal(found["nod"][1], video_factors(video, "Leo", "nod", 20.0))
    with pytest.raises(UserError, match="16 frames"):
        measure_factors(inferencer, m, "Leo", ("nod",), 5)


def test_what_predicts_what():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 6))
    factors = {
        "nod": np.stack([x[:, 1], x[:, 2] ** 2, rng.normal(size=80), x.sum(1)], axis=1),
        "wave": np.stack([np.full(80, np.nan)] * 4, axis=1),
    }
    table = predictability(x, x, factors, shown=2)
    assert list(table) == ["direction 0", "direction 1", "all 6 directions", "powers m^2"]
    assert all(np.isnan(row[4:]).all() for row in table.values())
    nod = {name: row[:4] for name, row in table.items()}
    assert nod["direction 1"][0] == pytest.approx(1) and nod["direction 0"][0] < 0.1
    assert nod["powers m^2"][1] == pytest.approx(1) and nod["all 6 directions"][1] < 0.2
    assert nod["all 6 directions"][2] < 0.1 and nod["all 6 directions"][3] == pytest.approx(1)
    found = agreement(factors, {"nod": 1 - 2 * factors["nod"][:50]})
    np.testing.assert_allclose(found, 1)
    other = factors["nod"][:50].copy()
    other[:10, 0] = np.nan
    assert agreement(factors, {"nod": other})[0] == pytest.approx(1)
