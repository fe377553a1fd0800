import torch

from mmctsvg.inversion.objective import evaluate
from mmctsvg.inversion.settings import Settings
from mmctsvg.inversion.starts import choose_starts


def test_starts(problem):
    task, _, w_c = problem()
    one = choose_starts(task, w_c[0], Settings())
    assert one["m"].shape == (1, 12) and torch.equal(one["w_c"], w_c)
    with torch.no_grad():
        samples = task.generator.mapper.sample(10_000, torch.Generator().manual_seed(9))
    assert (one["m"][0] - samples.mean(0)).abs().max() < 0.1 * samples.std()
    four = choose_starts(task, w_c[0], Settings(restarts=4, candidates=30))
    assert torch.equal(four["m"][0], one["m"][0]) and len({*map(tuple, four["m"].tolist())}) == 4
    worst = choose_starts(task, w_c[0], Settings(restarts=31, candidates=30))
    losses = evaluate(task, worst)[1:]
    assert (losses[:3] < losses.median()).all()  # looked at few frames, so about sorted
    shifted = choose_starts(task, w_c[0], Settings(restarts=3), t0_range=(-2.0, 5.0))
    assert (shifted["t0"] >= -2).all() and (shifted["t0"] <= 5).all()
    assert len(set(shifted["t0"].tolist())) > 1
