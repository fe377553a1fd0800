"""Times to quality, read from logs that were written by hand."""

import json

import cv2
import numpy as np
import pytest

from mmctsvg.analysis.time_to_quality import (
    Bound,
    first_within,
    plot_validations,
    read_validations,
)
from mmctsvg.utils.errors import UserError


def write(folder, *records):
    path = folder / "vis_data" / "scalars.json"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.fixture
def work_dir(tmp_path):
    """Ten seconds an iteration up to 20, five from there on in a second run; five validations."""
    write(
        tmp_path / "1",
        {"step": 10, "training_time": 100.0},
        {"step": 15, "A/x": 1.0, "B/x": 9.0, "A/y": 5.0},
        {"step": 20, "training_time": 200.0, "A/x": 3.0, "B/x": 8.0, "A/y": 5.0},
        {"step": 30, "training_time": 999.0},
    )
    write(
        tmp_path / "2",
        {"step": 25, "A/x": 2.0, "B/x": 7.0},
        {"step": 30, "training_time": 250.0, "A/x": 4.0, "B/x": 6.0, "A/y": float("nan")},
        {"step": 40, "A/x": 5.0, "B/x": 5.0, "A/y": 1.0},
    )
    return tmp_path


def test_validations_have_the_time_of_their_iteration(work_dir):
    found = read_validations(work_dir, [Bound("A/x", 0), Bound("y", 0)])
    assert [(v.iteration, v.seconds) for v in found] == [(15, 150), (20, 200), (30, 250), (40, 250)]
    assert found[1].numbers == {"A/x": 3.0, "y": 5.0}


@pytest.mark.parametrize(
    ("bounds", "iteration"),
    [
        ([Bound("A/x", 3)], 20),
        ([Bound("A/x", 3), Bound("B/x", 6, most=True)], 30),
        ([Bound("A/x", 3), Bound("y", 1, most=True)], 40),  # NaN at 30 is not within
        ([Bound("A/x", 6)], None),
    ],
)
def test_the_first_validation_within_all_bounds(work_dir, bounds, iteration):
    first = first_within(read_validations(work_dir, bounds), bounds)
    assert (first and first.iteration) == iteration


@pytest.mark.parametrize(
    ("name", "said"),
    [("x", "'x' must be one of the validations' numbers: A/x, B/x"), ("z", "'z'.*A/x, B/x, A/y")],
)
def test_a_name_must_mean_one_number(work_dir, name, said):
    with pytest.raises(UserError, match=said):
        read_validations(work_dir, [Bound(name, 0)])


def test_a_folder_without_a_training_is_refused(tmp_path):
    with pytest.raises(UserError, match="has no logged training_time"):
        read_validations(tmp_path, [Bound("x", 0)])
    write(tmp_path / "1", {"step": 10, "training_time": 100.0})
    with pytest.raises(UserError, match="there was no validation"):
        read_validations(tmp_path, [Bound("x", 0)])


def test_numbers_of_different_iterations_are_refused(tmp_path):
    write(tmp_path / "1", {"step": 1, "training_time": 1.0, "A/x": 1.0}, {"step": 2, "B/y": 1.0})
    with pytest.raises(UserError, match="x, y were never validated together"):
        read_validations(tmp_path, [Bound("x", 0), Bound("y", 0)])


def test_the_chart_has_a_panel_for_every_bound(work_dir, tmp_path):
    bounds = [Bound("A/x", 3), Bound("y", 1, most=True)]
    trainings = {"a": read_validations(work_dir, bounds)}
    plot_validations(tmp_path / "two.png", trainings, bounds)
    plot_validations(tmp_path / "one.png", trainings, bounds[:1])
    two, one = (cv2.imread(str(tmp_path / f"{n}.png")) for n in ("two", "one"))
    assert two.shape[1] == 2 * one.shape[1] and np.ptp(two) > 100
