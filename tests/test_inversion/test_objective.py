import numpy as np
import pytest
import torch

from mmctsvg.evaluation.backbones.lpips import load_lpips
from mmctsvg.inversion import objective
from mmctsvg.inversion.objective import (
    Objective,
    accumulate,
    evaluate,
    measure_lpips,
    stratified,
)


def columns(difference):
    """What `perceptual` measures, written anew."""
    return (difference[..., 1:] - difference[..., :-1]).square().flatten(1).mean(1)


def test_objective_by_hand(perceptual):
    a, b = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64)
    mse = ((a - b) ** 2).flatten(1).mean(1)
    torch.testing.assert_close(Objective()(a, b), 100 * mse)
    torch.testing.assert_close(Objective(perceptual, 7)(a, b), 7 * mse + columns(a - b))
    # Shrinking is averaging, and colours are compared as they are.
    small = torch.nn.functional.avg_pool2d(a - b, 2)
    torch.testing.assert_close(Objective(perceptual, 7)(a, b, 2), 7 * mse + columns(small))
    little = a[..., :16, :16], b[..., :16, :16]
    for shrink in (1, 2, 4):
        assert Objective(perceptual)(*little, shrink).shape == (2,)
    # Enlarged to 64, shrunk from there, and never below what LPIPS needs.
    assert perceptual.sides == [64, 32, 64, 32, 32]


def test_objective_with_lpips(weights):
    """It is LPIPS of the enlarged frames, and its gradient reaches the motion."""
    weights("lpips_alex")
    network = load_lpips("alex", offline=True)
    a, b = torch.rand(2, 1, 3, 32, 32)
    large = [torch.nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear") for x in (a, b)]
    torch.testing.assert_close(Objective(network, 0)(a, b), network(*large).flatten())
    a.requires_grad_()
    Objective(network, 0)(a, b).sum().backward()
    assert a.grad.abs().sum() > 0


@pytest.mark.parametrize("shrink", [None, 1, 2])
@pytest.mark.parametrize("count", [11, 5])
def test_gradient_of_chunks_is_that_of_the_whole(problem, perceptual, shrink, count):
    """With and without LPIPS, of all frames and of some: at every level."""
    task, m, w_c = problem(length=11)
    task.objective.lpips = perceptual if shrink else None
    frames = stratified(11, count, torch.Generator().manual_seed(3))
    start = task.start(m.repeat(3, 1) * torch.tensor([[0.5], [0.9], [-1.0]]), w_c[0])
    start["tempo"] += 0.7

    def gradients(compute):
        parameters = {k: v.clone().requires_grad_() for k, v in start.items()}
        value = compute(parameters)
        return value, {k: v.grad for k, v in parameters.items()}

    def whole(parameters):
        # Written anew: frames of every row from the generator itself, one graph.
        total = []
        for r in range(3):
            speed = torch.exp(0.05 * parameters["tempo"][r])
            middle = task.times.mean()
            t = middle + parameters["t0"][r] + speed * (task.times[frames] - middle)
            styles = torch.cat(
                [
                    parameters["w_c"][r].expand(count, -1),
                    parameters["m"][r] * task.generator.mapper.time2vec(t),
                ],
                1,
            )
            video = task.generator.synthesise(styles)
            difference = video - (task.target[frames].movedim(-1, 1) / 127.5 - 1)
            loss = 100 * difference.square().mean(dim=(1, 2, 3))
            if shrink:
                size = 64 // shrink
                large = torch.nn.functional.interpolate(difference, (size, size), mode="bilinear")
                loss = loss + columns(large)
            total.append(loss.mean())
        torch.stack(total).sum().backward()
        return torch.stack(total).detach()

    expected, reference = gradients(whole)
    for chunk in (1, 4, 7, 100):
        value, found = gradients(lambda p, c=chunk: accumulate(task, p, frames, c, shrink or 1))
        torch.testing.assert_close(value, expected, rtol=1e-5, atol=1e-6)
        for name in reference:
            scale = reference[name].abs().max()
            assert scale > 0, name
            assert (found[name] - reference[name]).abs().max() <= 1e-6 * max(1, scale), name
    if count == 11 and shrink != 2:
        torch.testing.assert_close(evaluate(task, start, 4), expected, rtol=1e-5, atol=1e-6)


def test_features_of_the_clip_are_computed_once(problem, perceptual, monkeypatch):
    task, m, w_c = problem(length=11)
    task.objective.lpips = perceptual
    start = task.start(torch.cat([0.5 * m, -m]), w_c[0])

    def losses(task, frames, shrink=1):
        perceptual.seen = 0
        found = task.losses(start, torch.tensor(frames), shrink)
        return found, perceptual.seen - 2 * len(frames)  # less those of two videos

    assert losses(task, [2, 5, 7])[1] == 3
    found, seen = losses(task, [7, 3, 2])
    assert seen == 1  # also of both rows
    part = task.part(torch.tensor([7, 3, 2]))
    again, seen = losses(part, [0, 1, 2])  # other frames have these numbers in a part
    assert seen == 3
    torch.testing.assert_close(again, found)
    weights = dict(task.generator.synthesis.named_parameters())
    assert losses(task.tuned(weights), [2, 3])[1] == 0
    assert losses(task, [2, 3], shrink=2)[1] == 2
    monkeypatch.setattr(objective, "_KEPT", 0)
    assert losses(task, [8, 2])[1] == losses(task, [8, 2])[1] == 1  # no more room


@pytest.mark.parametrize("size", [64, 16])
def test_lpips_of_videos_is_the_mean_over_all_frames(perceptual, size):
    """In chunks of 8, compared with NumPy over all 19 frames; the last chunk has fewer."""
    perceptual.scale = torch.nn.Parameter(torch.ones(1))  # tells the device
    video, clip = np.random.default_rng(0).integers(0, 256, (2, 19, size, size, 3), dtype=np.uint8)
    video[16:] = clip[16:] // 2  # the last chunk is another than the others
    change = (video / 127.5 - clip / 127.5).transpose(0, 3, 1, 2)
    if size < 64:
        large = torch.nn.functional.interpolate(torch.from_numpy(change), 64, mode="bilinear")
        change = large.numpy()
    expected = np.square(np.diff(change, axis=-1)).mean()
    assert measure_lpips(perceptual, video, clip, 8) == pytest.approx(expected, rel=1e-5)
    assert perceptual.sides == [64] * 3


def test_stratified():
    assert stratified(5, 9).tolist() == [0, 1, 2, 3, 4]
    assert stratified(8, 4).tolist() == [1, 3, 5, 7]
    draw = torch.Generator().manual_seed(0)
    counts = torch.zeros(10)
    for _ in range(2000):
        frames = stratified(10, 4, draw)
        assert ((frames * 4) // 10 == torch.arange(4)).sum() >= 2  # on or beside its stretch
        counts[frames] += 1
    assert (counts / 2000 - 0.4).abs().max() < 0.05  # every frame as often as any other
