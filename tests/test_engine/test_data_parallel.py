"""Two real processes against one."""

import socket

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from mmctsvg.engine.data_parallel import GANDataParallel
from mmctsvg.engine.optim import LazyAdamConstructor
from mmctsvg.models import CTSVG

CHANNELS = {4: 6, 8: 6}
SIZES = dict(size=8, channels=CHANNELS)
LABELS = dict(num_actors=3, num_actions=2)


def make(seed, **kwargs):
    torch.manual_seed(seed)
    return CTSVG(
        dict(type="ConditionalStyleVideoGenerator", motion_dim=4, content_dim=6, **SIZES, **LABELS),
        dict(
            type="TimeConditionedProjectionDiscriminator",
            embed_dim=4,
            head_channels=4,
            hidden_dim=6,
            **SIZES,
            **LABELS,
        ),
        dict(type="ShuffleDiscriminator", hidden_dim=6, **SIZES),
        ramp=(1, 3),
        ema_half_life=20,  # so that it matters whose videos are counted
        **kwargs,
    )


def train(model, wrapped, part, iterations=5):
    """Adam with a large eps: its sign-like first steps would blow rounding up to whole steps."""
    optimizer = dict(type="Adam", lr=0.01, betas=(0.0, 0.99), eps=1e-2)
    wrappers = LazyAdamConstructor(dict(optimizer=optimizer))(wrapped)
    for i in range(iterations):
        generator = torch.Generator().manual_seed(i)
        data = dict(
            frames=torch.rand(8, 3, 3, 8, 8, generator=generator) * 2 - 1,
            times=torch.arange(8.0)[:, None] + torch.arange(3.0),
            actor=torch.randint(0, 3, (8,), generator=generator),
            action=torch.randint(0, 2, (8,), generator=generator),
            length=torch.full((8,), 40),
            index=torch.arange(8) + 8 * i,
        )
        wrapped.train_step({k: v[part] for k, v in data.items()}, wrappers)
    return {k: v.clone() for k, v in model.state_dict().items()}


def worker(rank, port, folder):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    model = make(seed=rank)  # different weights: the wrapper must make them equal
    torch.save(train(model, GANDataParallel(model), slice(rank, None, 2)), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_give_the_update_of_one(tmp_path):
    """Five iterations, R1 and path length included, against one process that splits the batch."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    mp.spawn(worker, (port, str(tmp_path)), nprocs=2)
    ranks = [torch.load(tmp_path / f"{r}.pt", weights_only=True) for r in range(2)]
    model = make(seed=0, accumulate=2)
    single = train(model, model, slice(None))
    untouched = make(seed=0).state_dict()
    moved = 0
    for name, value in single.items():
        assert torch.equal(ranks[0][name], ranks[1][name]), name
        torch.testing.assert_close(ranks[0][name], value, atol=2e-4, rtol=1e-3, msg=name)
        moved += not torch.equal(value, untouched[name])
    assert moved > 100


def test_the_wrapper_passes_calls_on():
    """In one process it is transparent."""
    plain, inner = make(seed=0), make(seed=0)
    expected = train(plain, plain, slice(None), 1)
    for name, value in train(inner, GANDataParallel(inner), slice(None), 1).items():
        assert torch.equal(value, expected[name]), name
