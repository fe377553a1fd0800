"""The page of a comparison, from cards of the tests' own."""

from statistics import stdev

import pytest

from mmctsvg.analysis.comparison_report import (
    Measured,
    costs_table,
    describe_abilities,
    not_comparable,
    plot_over_compute,
    results_table,
    summarise,
    write_page,
)
from mmctsvg.models.abilities import Abilities

PAPER = {"A": {"FVD16": "115", "LiA r_t": "0.7"}}


def measured(title, seed, fvd, action=None, needs=(), real=64):
    numbers = {} if action is None else dict(action_unseen=action, sync=0.5)
    truth = dict(numbers=numbers, notes=[] if numbers else ["not applicable: it cannot"])
    fvd16 = dict(numbers=dict(value=fvd, real_clips=real, generated_clips=64), notes=[])
    subject = dict(
        iterations="10 + 2",
        tflop=6.0,
        seconds=100.0 + seed,
        frames_seen=2_000_000,
        generator_parameters="0.23 M",
        discriminator_parameters="1.00 M",
        memory_mb=900,
        **describe_abilities(Abilities(needs=needs, longest=16, times="whole")),
    )
    card = dict(subject=subject, metrics=dict(SynthTruth=truth, FVD16=fvd16))
    return Measured(title, seed, card, [(3.0, fvd + 9), (6.0, fvd)])


@pytest.fixture
def ones():
    return [
        measured("A", 0, 100.0, 0.25),
        measured("A", 1, 104.0, 0.75),
        measured("B", 0, 90.0, needs=("start frame", "action"), real=60),
    ]


def test_mean_and_deviation():
    assert summarise([100.0, 104.0, 99.0]) == f"101 ± {stdev([100, 104, 99]):.2g}"
    assert summarise([0.123456]) == "0.1235"
    assert summarise([None, float("nan")]) == "-"
    assert summarise([None, 2.0]) == "2"


def test_numbers_beside_the_papers(ones):
    lines = results_table(ones, PAPER)
    assert lines[0] == (
        "| | seeds | FVD16 | right action, unseen cells | right action, seen cells | sync "
        "| identity | paper's FVD16 |"
    )
    assert lines[2:] == [
        "| A | 2 | 102 ± 2.8 | 0.5 ± 0.35 | - | 0.5 ± 0 | - | 115 |",
        "| B | 1 | 90 | n/a | n/a | n/a | n/a | - |",
    ]


def test_costs_and_abilities(ones):
    text = "\n".join(costs_table(ones))
    assert "| A | 10 + 2 | 6 | 100.5 | 2000000 | 0.23 M | 1.00 M | 900 |" in text
    assert "| B | start frame, action | action | 16 frames | whole frames | yes | no |" in text


def test_what_is_not_comparable_is_said(ones):
    lines = not_comparable(ones)
    assert "* B: SynthTruth is not applicable: it cannot." in lines
    assert any(line.startswith("* B is given a real first frame") for line in lines)
    assert "* B: FVD16 compares 60 real clips with 64." in lines
    assert lines[-1] == "* Fewer than three seeds: a difference may be chance."
    three = [measured("A", seed, 1.0, 0.5) for seed in range(3)]
    assert not_comparable(three) == []


def test_page_and_plot(ones, tmp_path):
    plot_over_compute(tmp_path / "plot.png", [*ones, Measured("C", 0, {})], "FVD16/value")
    assert (tmp_path / "plot.png").stat().st_size > 5000
    page = tmp_path / "comparison.md"
    write_page(page, "Title", ones, ("Table 1", PAPER), ["C, seed 0"], ["plot.png"])
    text = page.read_text("utf-8")
    assert text.startswith("# Title\n\n| | seeds | FVD16 |")
    assert "The paper's numbers are those of Table 1: other data" in text
    assert "## Not done yet\n\n* C, seed 0\n\n![plot.png](plot.png)\n" in text
    write_page(page, "Title", ones, (None, {}), [], [])
    assert "paper" not in page.read_text("utf-8") and "Not done" not in page.read_text("utf-8")
