from itertools import islice

import pytest
import torch
from torch.utils.data import DataLoader

from mmctsvg.datasets import CounterSampler, SynthActorsDataset
from mmctsvg.datasets import samplers as samplers_module


@pytest.fixture(scope="module")
def dataset():
    return SynthActorsDataset(size=8, num_actors=2, num_takes=1, length=6, seed=3)


def batches(dataset, count, workers, start=0):
    sampler = CounterSampler(dataset)
    sampler.start = start
    loader = DataLoader(dataset, batch_size=4, sampler=sampler, num_workers=workers)
    return list(islice(loader, count))


def assert_same(one, other):
    assert len(one) == len(other)
    for left, right in zip(one, other, strict=True):
        assert left.keys() == right.keys()
        for name in left:
            assert torch.equal(left[name], right[name]), name


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("workers", [1, 4])
def test_triplets_do_not_depend_on_the_workers(dataset, workers):
    assert_same(batches(dataset, 5, 0), batches(dataset, 5, workers))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_moved_start_goes_on_with_the_same_triplets(dataset, workers):
    straight = batches(dataset, 6, 0)
    assert_same(straight[2:], batches(dataset, 4, workers, start=2 * 4))


def test_ranks_share_the_items(dataset, monkeypatch):
    """Item j of B at iteration i of rank r of W is (i B + j) W + r, also after a resume."""
    seen = []
    for rank in range(3):
        monkeypatch.setattr(samplers_module, "get_dist_info", lambda rank=rank: (rank, 3))
        sampler = CounterSampler(dataset)
        sampler.start = 2 * 4 * 3
        seen.append(list(islice(sampler, 8)))
        assert seen[-1] == [(i * 4 + j) * 3 + rank for i in (2, 3) for j in range(4)]
    assert sorted(sum(seen, [])) == list(range(24, 48))


def test_builds_as_mmengine_builds_it(dataset):
    from mmctsvg.registry import DATA_SAMPLERS

    sampler = DATA_SAMPLERS.build(
        dict(type="CounterSampler"), default_args=dict(dataset=dataset, seed=5)
    )
    assert list(islice(sampler, 3)) == [0, 1, 2]
    assert len(sampler) == len(dataset)
