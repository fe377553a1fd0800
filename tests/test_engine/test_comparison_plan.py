"""What trainings take and have taken, on numbers of the tests' own."""

import json
from pathlib import Path

import pytest

from mmctsvg.checkpoints import save_generator
from mmctsvg.engine import comparison_plan
from mmctsvg.engine.comparison import Budget, Comparison, Method
from mmctsvg.engine.comparison_plan import (
    check_clips,
    finished_weights,
    plan_method,
    spent,
    validated,
)
from mmctsvg.utils.errors import UserError, UserNote

COSTS = [
    dict(flops=3e9, seconds=0.5, samples=4, frames=1, parameters=dict(generator=7, d=5)),
    dict(flops=8e9, seconds=2.0, samples=2, frames=16, parameters=dict(generator=9, d=2, e=4)),
]


@pytest.fixture
def comparison(toy_config):
    config = toy_config()
    methods = {name: Method(name, name, (config, config)) for name in ("one", "two")}
    return Comparison(Path("c.py"), methods, dict(length=12), (), dict(times=0, metrics=[]))


@pytest.fixture
def measured(monkeypatch):
    """Which trainings were measured, in place of their trials."""
    asked = []

    def measure(cfg, config, timed):
        asked.append(timed)
        return COSTS[(len(asked) - 1) % 2]

    monkeypatch.setattr(comparison_plan, "measure_training", measure)
    return asked


@pytest.mark.parametrize(
    ("text", "iterations"),
    # Halves: 50 GFLOP at 3 and 8, 50 s at 0.5 and 2.
    [("100GFLOP", [16, 6]), ("100s", [100, 25])],
)
def test_stages_share_the_budget_and_the_plan_is_kept(
    comparison, measured, tmp_path, text, iterations
):
    method, budget = comparison.methods["one"], Budget.parse(text)
    plan = plan_method(comparison, method, budget, tmp_path)
    assert [training["iterations"] for training in plan] == iterations
    assert measured == [text.endswith("100s")] * 2
    assert plan_method(comparison, method, budget, tmp_path) == plan
    assert len(measured) == 2  # nothing was measured again


def test_another_plan_and_a_damaged_one_are_refused(comparison, measured, tmp_path):
    method, budget = comparison.methods["one"], Budget.parse("100GFLOP")
    plan_method(comparison, method, budget, tmp_path)
    comparison.data["length"] = 13
    with pytest.raises(UserError, match="is of other configs than c.py names today"):
        plan_method(comparison, method, budget, tmp_path)
    path = tmp_path / "plan.json"
    whole = json.loads(path.read_text())
    for text in ("", "[]", "{}", json.dumps({**whole, "trainings": [{}]}), path.read_text()[:90]):
        path.write_text(text)
        with pytest.raises(UserError, match="exists already and cannot be read; remove it"):
            plan_method(comparison, method, budget, tmp_path)


def test_a_plan_is_refused_before_anything_is_written(comparison, measured, tmp_path):
    with pytest.raises(UserError, match="an iteration of one takes 3 GFLOP, and its part is 2.5"):
        plan_method(comparison, comparison.methods["one"], Budget.parse("5GFLOP"), tmp_path)
    assert not list(tmp_path.glob("plan*"))


def test_clips_that_methods_do_not_share_are_refused(comparison, toy_config):
    check_clips(comparison, comparison.methods)
    fewer = toy_config({"train_dataloader.dataset.num_actors": 2})
    comparison.methods["two"] = Method("two", "Two", (fewer,))
    with pytest.raises(UserError, match="one and two do not train on the same clips: look at"):
        check_clips(comparison, comparison.methods)
    long = toy_config({"train_dataloader.dataset.num_frames": 16})
    comparison.methods["two"] = Method("two", "Two", (long,))
    with pytest.raises(UserError, match="^two: a clip of length=12 has 12 frames"):
        check_clips(comparison, comparison.methods)


def test_finished_weights(tmp_path, make_generator, make_meta):
    assert finished_weights(tmp_path, 8) is None
    path = tmp_path / "generator.safetensors"
    save_generator(path, make_generator(), make_meta(provenance=dict(iterations=4)))
    assert finished_weights(tmp_path, 8) is None
    assert finished_weights(tmp_path, 4) == path
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.warns(UserNote, match="generator.safetensors: is damaged"):
        assert finished_weights(tmp_path, 4) is None


def test_what_was_spent(tmp_path):
    trainings = [{**cost, "iterations": count} for cost, count in zip(COSTS, (16, 6), strict=True)]
    folders = [tmp_path / "a", tmp_path / "b"]
    logs = [
        [dict(step=8, training_time=3.0, memory=50.0), dict(step=16, training_time=7.0, memory=70)],
        [
            dict(step=3, training_time=6.0, memory=60.0),
            {"step": 3, "FVD16/value": 900.0},
            dict(step=6, training_time=11.5, memory=65.0),
            {"step": 6, "FVD16/value": 700.0},
        ],
    ]
    for folder, log in zip(folders, logs, strict=True):
        path = folder / "1" / "vis_data" / "scalars.json"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(map(json.dumps, log)))
    assert spent(trainings, folders) == dict(
        iterations="16 + 6",
        tflop=round((16 * 3 + 6 * 8) / 1000, 3),
        seconds=18.5,
        frames_seen=16 * 4 + 6 * 2 * 16,
        memory_mb=70,
        generator_parameters="0.00 M",
        discriminator_parameters="0.00 M",
    )
    curve = validated(trainings, folders[1], "FVD16/value")
    expected = [((48 + 24) / 1000, 900.0), ((48 + 48) / 1000, 700.0)]
    assert curve == [pytest.approx(point) for point in expected]
    assert validated(trainings, folders[0], "FVD16/value") == []
