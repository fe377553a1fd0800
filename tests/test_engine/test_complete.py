"""Facts that a config says once reach every component."""

import pytest
from mmengine.config import Config

from mmctsvg.engine.complete import complete_config, complete_model
from mmctsvg.utils.errors import UserError


def make(model=(), dataset=(), **others):
    return Config(
        dict(
            model=dict(type="CTSVG", **dict(model)),
            train_dataloader=dict(batch_size=4, dataset=dict(type="A", size=16, **dict(dataset))),
            **others,
        )
    )


def test_one_seed():
    """Of the model and both data sets; one that has its own keeps it."""
    held_out = dict(dataset=dict(split="test"))
    full = complete_config(make(randomness=dict(seed=3), val_dataloader=held_out))
    assert full.model.seed == full.train_dataloader.dataset.seed == 3
    assert full.val_dataloader.dataset.seed == 3
    own = complete_config(make(dict(seed=1), dict(seed=2), randomness=dict(seed=3)))
    assert (own.model.seed, own.train_dataloader.dataset.seed) == (1, 2)
    for randomness in ({}, {"randomness": {"seed": None}}):
        cfg = make(**randomness)
        assert complete_config(cfg)._cfg_dict == cfg._cfg_dict


def test_held_out_clips_are_of_the_same_data_set():
    """What they say themselves goes before; a data set with a type of its own shares nothing."""
    cfg = make(dataset=dict(stride=3, length=32), val_dataloader=dict(dataset=dict(split="test")))
    held_out = complete_config(cfg).val_dataloader.dataset
    assert held_out == dict(type="A", size=16, stride=3, length=32, split="test")
    cfg.val_dataloader.dataset = dict(type="B", size=8)
    assert complete_config(cfg).val_dataloader.dataset == dict(type="B", size=8)
    assert cfg.train_dataloader.dataset == dict(type="A", size=16, stride=3, length=32)


@pytest.mark.parametrize(
    "model",
    [
        dict(preset="official"),
        dict(switches=dict(time_range="official", stride="official")),
    ],
)
def test_switches_of_the_data(model):
    """One preset, or the two switches; a number of frames gives way to the cycle of strides."""
    for dataset in ({}, dict(stride=3), dict(stride="official", times="official")):
        cfg = make(model, dataset, val_dataloader=dict(dataset=dict(split="test")))
        full = complete_config(cfg)
        expected = dict(
            type="A", size=16, stride="official", times="official", items_per_iteration=4
        )
        assert full.train_dataloader.dataset == expected
        assert full.val_dataloader.dataset == dict(expected, split="test")
    paper = complete_config(make(dataset=dict(stride=3))).train_dataloader.dataset
    assert paper == dict(type="A", size=16, stride=3)
    mixed = complete_config(make(dict(preset="official", switches=dict(stride="paper"))))
    assert mixed.train_dataloader.dataset == dict(type="A", size=16, times="official")


def test_the_cycling_stride_knows_the_global_batch(monkeypatch):
    """Whatever the config says of it, which may be of another number of processes."""
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("SLURM_NTASKS", "5")
    for launcher, items in (("none", 4), ("pytorch", 12), ("slurm", 20)):
        cfg = make(dict(preset="official"), dict(items_per_iteration=16), launcher=launcher)
        assert complete_config(cfg).train_dataloader.dataset.items_per_iteration == items


@pytest.mark.parametrize(
    ("model", "dataset", "words"),
    [
        ({}, dict(stride="official"), "dataset.stride='official' .* switch stride is 'paper'"),
        ({}, dict(times="official"), "dataset.times='official' .* switch time_range is 'paper'"),
        (dict(preset="official"), dict(times="paper"), "times='paper' .* time_range is 'official'"),
    ],
)
def test_model_and_data_that_contradict_each_other(model, dataset, words):
    with pytest.raises(UserError, match=f"{words}; leave .* out"):
        complete_config(make(model, dataset))


def test_the_model_takes_size_and_labels_from_the_data():
    metainfo = dict(size=32, actors=["ann", "bob"], actions=[], fps=25.0)
    facts = dict(size=32, num_actors=2, num_actions=0)
    assert complete_model(dict(type="CTSVG"), metainfo) == dict(type="CTSVG", **facts)
    assert complete_model(dict(num_actors=0), metainfo) == {**facts, "num_actors": 0}
    older = dict(generator=dict(size=16))  # says its labels itself, or has none
    assert complete_model(older, metainfo) == {**facts, "num_actors": 0, "num_actions": 0, **older}
