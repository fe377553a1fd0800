"""Presets and switches."""

import pytest

from mmctsvg.models.switches import SWITCHES, resolve_switches


def test_presets():
    """A preset sets every switch, an override one."""
    assert set(resolve_switches().values()) == {"paper"}
    assert set(resolve_switches("official").values()) == {"official"}
    mixed = resolve_switches("official", r1="paper")
    assert mixed["r1"] == "paper" and mixed["ema"] == "official"
    assert list(mixed) == list(SWITCHES)


def test_mistakes_are_named():
    """The sentence names the value and what would be right."""
    with pytest.raises(ValueError, match="unknown switch 'rr1'"):
        resolve_switches(rr1="paper")
    with pytest.raises(ValueError, match="ema='mine': must be 'paper' or 'official'"):
        resolve_switches(ema="mine")
    with pytest.raises(ValueError, match="preset='ours'"):
        resolve_switches("ours")
