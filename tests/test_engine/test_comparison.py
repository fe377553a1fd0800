"""The config of a comparison, its budget, and the configs of its trainings."""

from pathlib import Path

import pytest

from mmctsvg.engine.comparison import (
    Budget,
    base_config,
    iterations_within,
    read_comparison,
    training_config,
)
from mmctsvg.utils.errors import UserError

CONFIGS = sorted((Path(__file__).parents[2] / "configs" / "comparisons").glob("*.py"))
TEXT = """
methods = dict(
    one=dict(title="One", configs=["{config}"], options={{"model.ramp": None}}),
    two=dict(configs=["{config}", "{config}"]),
)
data = dict(length=14)
metrics = [dict(type="SynthTruth")]
validation = dict(times=3, metrics=[dict(type="SynthTruth", frames=8)])
"""


@pytest.fixture
def comparison(toy_config, tmp_path):
    config = toy_config(
        {
            "default_hooks.image_generator": dict(type="ImageGeneratorHook", path="elsewhere"),
            "val_dataloader": dict(dataset=dict(split="test")),
            "val_evaluator": [dict(type="FVD")],
            "val_cfg": dict(type="VideoValLoop"),
        }
    )
    path = tmp_path / "comparison.py"
    path.write_text(TEXT.format(config=config.name))
    return read_comparison(path)


@pytest.mark.parametrize(
    ("text", "shown", "kind", "amount"),
    [
        ("2h", "2h", "seconds", 7200),
        ("1.50 min", "1.5min", "seconds", 90),
        ("45s", "45s", "seconds", 45),
        ("200TFLOP", "200TFLOP", "flops", 200e12),
        ("0.5pflop", "0.5PFLOP", "flops", 5e14),
    ],
)
def test_budgets(text, shown, kind, amount):
    budget = Budget.parse(text)
    assert (budget.text, budget.kind, budget.amount) == (shown, kind, pytest.approx(amount))


@pytest.mark.parametrize("text", ["2", "h", "0h", "-1h", "2 days", "1e5 TFLOP", "nanh", "", "2hh"])
def test_other_budgets_are_refused(text):
    with pytest.raises(UserError, match="must be a number above 0 and one of s, min, h"):
        Budget.parse(text)


def test_iterations_that_a_budget_buys():
    """20 TFLOP at 23.1 GFLOP an iteration; halves at 51.4; all by hand."""
    budget = Budget.parse("20TFLOP")
    assert iterations_within("a", budget, 1, 23.118582656e9) == 865
    assert iterations_within("a", budget, 2, 51.431226112e9) == 194
    assert iterations_within("a", budget, 1, 20e12) == 1
    with pytest.raises(UserError, match="budget=20TFLOP: an iteration of a takes 1.1e.04 GFLOP, "):
        iterations_within("a", budget, 2, 11e12)
    with pytest.raises(UserError, match="takes 3 s, and its part is 2; give a larger one"):
        iterations_within("a", Budget.parse("2s"), 1, 3.0)


def test_methods_and_what_they_share(comparison):
    one, two = comparison.methods.values()
    assert (one.name, one.title, len(one.configs)) == ("one", "One", 1)
    assert (two.name, two.title, len(two.configs)) == ("two", "two", 2)
    cfg = base_config(comparison, one, 0)
    assert cfg.model.ramp is None and cfg.train_dataloader.dataset.length == 14
    assert tuple(base_config(comparison, two, 0).model.ramp) == (2, 6)


def test_a_training_is_as_long_as_its_budget(comparison, tmp_path):
    """4 of 8 iterations: the ramp is half as long; 3 validations; the last stage alone has them."""
    two = comparison.methods["two"]
    first = training_config(comparison, two, 0, iterations=4, seed=5)
    assert first.train_cfg.max_iters == 4 and tuple(first.model.ramp) == (1, 3)
    assert first.randomness == dict(seed=5)
    assert not {"val_dataloader", "val_evaluator", "val_cfg"} & set(first)
    assert first.default_hooks.image_generator.path == "elsewhere"
    images = tmp_path / "images.safetensors"
    last = training_config(comparison, two, 1, iterations=4, seed=5, images=images)
    assert last.default_hooks.image_generator.path == str(images)
    assert last.val_evaluator == [dict(type="SynthTruth", frames=8)]
    assert last.train_cfg.val_interval == 2  # at 2 and 4: no third one fits in whole iterations
    longer = training_config(comparison, two, 1, iterations=20, seed=0, images=images)
    assert longer.train_cfg.max_iters == 20 and tuple(longer.model.ramp) == (2, 6)
    assert longer.default_hooks.checkpoint.interval == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("metric = []", "is no comparison, look at metric"),
        ("methods = {}", "is no comparison, look at methods"),
        ("methods = dict(a=dict(config='x'))", "unexpected keyword argument 'config'"),
        ("validation = dict(times=-1, metrics=[])", "validation.times is -1"),
    ],
)
def test_bad_comparisons_are_refused(comparison, line, said):
    with open(comparison.path, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match=said):
        read_comparison(comparison.path)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_comparison_has_trainings(path):
    comparison = read_comparison(path)
    sizes = set()
    for method in comparison.methods.values():
        for stage in range(len(method.configs)):
            images = Path("x") if stage else None
            cfg = training_config(comparison, method, stage, iterations=60, seed=1, images=images)
            sizes.add(cfg.train_dataloader.dataset["size"])
    assert len(sizes) == 1
