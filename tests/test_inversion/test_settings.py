import math

import pytest

from mmctsvg.inversion import OFFICIAL
from mmctsvg.inversion.objective import Objective
from mmctsvg.inversion.settings import Level, Settings
from mmctsvg.utils.errors import UserError


def test_schedule():
    settings = Settings(steps=200)
    rates = [0.1 * settings.rate(step) for step in range(200)]
    assert rates[0] == pytest.approx(0.1 / 10) and rates[4] == pytest.approx(0.1 / 2)
    assert rates[10:150] == pytest.approx([0.1] * 140)
    assert rates[175] == pytest.approx(0.05)
    assert rates[199] == pytest.approx(0.1 * (0.5 - 0.5 * math.cos(math.pi / 50)))
    assert settings.noise(0) == 0.05 and settings.noise(75) == pytest.approx(0.05 / 4)
    assert settings.noise(150) == 0 == settings.noise(199)


def test_the_official_preset_is_what_was_published():
    """Section 5.4, and what the released inversion adds to it, number by number."""
    published = Settings(
        steps=250,
        lr=0.1,
        warmup=0.05,
        cooldown=0.25,
        latent_noise=0.05,
        noise_until=0.75,
        restarts=1,
        levels=(),
    )
    assert published == OFFICIAL == Settings()
    assert Objective().mse_weight == 100


def test_levels_end_in_the_exact_objective():
    first, second = Level(until=0.3, frames=4, shrink=2), Level(until=0.9, frames=8)
    settings = Settings(steps=100, levels=(first, second))
    levels = [settings.level(step) for step in range(100)]
    assert levels[:30] == [first] * 30 and levels[30:90] == [second] * 60
    assert all(level.is_exact and level.frames is None for level in levels[90:])
    assert not first.is_exact and not second.is_exact and not Level(until=1, shrink=2).is_exact
    assert Settings().level(0).is_exact
    to_the_end = Settings(steps=10, levels=(first, Level(until=1.0, frames=8)))
    assert [to_the_end.level(step).frames for step in range(10)] == [4] * 3 + [8] * 7


def test_refuses():
    for options, words in (
        ({"optimise": ("z",)}, "optimise takes m, z_m, w_c, t0, tempo, not 'z'"),
        ({"optimise": ("m", "z_m")}, "not both"),
        ({"t0_range": (0.0, 1.0)}, "belongs to 't0'"),
        ({"steps": 0}, "steps is 0: it must be a number from 1 on"),
        ({"levels": (Level(until=1.1, frames=2),)}, "up to 1"),
        ({"betas": (0.9, 1.0)}, "from 0 to below 1"),
        ({"betas": (float("nan"), 0.9)}, "from 0 to below 1"),
        ({"levels": (Level(until=0.5), Level(until=0.4))}, "must rise"),
    ):
        with pytest.raises(UserError, match=words):
            Settings(**options)
    for options in ({"frames": 0}, {"shrink": 0}):
        with pytest.raises(UserError, match="is 0: it must be a number from 1 on"):
            Level(until=0.5, **options)
