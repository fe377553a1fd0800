"""MoCoGAN-HD's losses against NumPy and closed forms."""

import numpy as np
import pytest
import torch

from mmctsvg.models.baselines.mocogan_hd_losses import (
    gradient_penalty,
    mutual_information_loss,
    relativistic_loss,
)


def test_relativistic_loss_agrees_with_a_second_implementation():
    generator = np.random.default_rng(0)
    real = [generator.normal(size=shape) for shape in ((3, 4, 5), (3, 2))]
    fake = [generator.normal(size=shape) for shape in ((3, 4, 5), (3, 2))]
    expected = 0.0
    for x, y in zip(real, fake, strict=True):
        expected += 0.5 * np.mean((x - np.mean(y) - 1) ** 2) + 0.5 * np.mean((y - np.mean(x)) ** 2)
    found = relativistic_loss([torch.tensor(x) for x in real], [torch.tensor(y) for y in fake])
    assert float(found) == pytest.approx(expected)


def test_relativistic_loss_is_zero_where_it_should_be():
    """Reals 1 above fakes for the discriminator; swapped, that is the worst for the generator."""
    high, low = [torch.full((4, 3), 3.0)], [torch.full((4, 3), 2.0)]
    assert relativistic_loss(high, low) == 0.5  # low is asked to lie at the mean of high
    assert relativistic_loss(low, high) == 2.5


class Quadratic:
    """Scores whose gradients are known: x^2 / 2 on one scale, 3 x on the other."""

    def __call__(self, x):
        return [x.square() / 2, 3 * x]


@pytest.mark.parametrize(("norm", "axes"), [("clip", (1, 2, 3, 4)), ("channel", (2,))])
def test_gradient_penalty_of_known_gradients(norm, axes):
    torch.manual_seed(0)
    real, fake, share = torch.randn(2, 3, 6, 4, 4), torch.randn(2, 3, 6, 4, 4), torch.rand(2)
    mix = share.view(2, 1, 1, 1, 1) * real + (1 - share.view(2, 1, 1, 1, 1)) * fake
    expected = 0.0
    for gradient in (mix.numpy(), np.full(mix.shape, 3.0)):
        norms = np.sqrt((gradient**2).sum(axis=axes))
        expected += ((norms - 1) ** 2).mean()
    found = gradient_penalty(Quadratic(), real, fake, share, norm)
    assert float(found.detach()) == pytest.approx(expected, rel=1e-5)


def test_gradient_penalty_can_be_differentiated():
    scale = torch.tensor(2.0, requires_grad=True)
    real = torch.randn(2, 3, 6, 4, 4)
    penalty = gradient_penalty(lambda x: [scale * x.sum((1, 2, 3, 4))], real, -real, torch.rand(2))
    penalty.backward()
    root = (3 * 6 * 16) ** 0.5  # norm = scale * root
    assert float(scale.grad) == pytest.approx(2 * (2 * root - 1) * root, rel=1e-5)


def test_gradient_penalty_of_a_flat_discriminator_has_finite_gradients():
    scale = torch.tensor(0.0, requires_grad=True)
    real = torch.randn(2, 3, 6, 4, 4)
    gradient_penalty(lambda x: [scale * x], real, -real, torch.rand(2), "channel").backward()
    assert scale.grad.isfinite()


def test_mutual_information_loss():
    noise = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    assert float(mutual_information_loss(3 * noise, noise)) == pytest.approx(-1)
    assert float(mutual_information_loss(noise.flip(2), noise)) == pytest.approx(0)
