"""What the tests of the baselines' algorithms share: tiny batches, optimisers, resuming."""

import copy

import torch

from mmctsvg.engine.optim import LazyAdamConstructor


def batch(iteration=0, n=4, frames=4, size=8, actions=2):
    """A batch of clips that differs from iteration to iteration."""
    generator = torch.Generator().manual_seed(iteration)
    return dict(
        frames=torch.rand(n, frames, 3, size, size, generator=generator) * 2 - 1,
        times=torch.arange(float(frames)).expand(n, -1),
        actor=torch.zeros(n, dtype=torch.int64),
        action=torch.randint(0, actions, (n,), generator=generator),
        length=torch.full((n,), 40),
        index=torch.arange(n) + n * iteration,
    )


def optimisers(model, lr=1e-3, betas=(0.5, 0.999)):
    return LazyAdamConstructor(dict(optimizer=dict(type="Adam", lr=lr, betas=betas)))(model)


def check_resume(make, **data):
    """A straight run equals one that went through state dicts, to the bit."""
    straight = make()
    straight.train()
    wrappers = optimisers(straight)
    for i in range(2):
        straight.train_step(batch(i, **data), wrappers)
    resumed = make()
    resumed.load_state_dict(copy.deepcopy(straight.state_dict()))
    resumed.train()
    again = optimisers(resumed)
    again.load_state_dict(copy.deepcopy(wrappers.state_dict()))
    assert resumed.iteration == 2
    for i in range(2, 4):
        a = straight.train_step(batch(i, **data), wrappers)
        b = resumed.train_step(batch(i, **data), again)
        assert a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)
    one, other = straight.state_dict(), resumed.state_dict()
    assert one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)
    return straight


def record_turns(model, monkeypatch):
    """List which networks move in each step; no other may."""
    order, step = [], model._step

    def record(optim_wrapper, *names):
        before = {n: copy.deepcopy(list(getattr(model, n).parameters())) for n in model.networks}
        step(optim_wrapper, *names)
        for name, old in before.items():
            pairs = zip(old, getattr(model, name).parameters(), strict=True)
            assert any(not torch.equal(a, b) for a, b in pairs) == (name in names)
        order.append(names)

    monkeypatch.setattr(model, "_step", record)
    return order
