"""Losses, R1 and path length against closed forms."""

import math

import torch
from torch.autograd import gradcheck

from mmctsvg.models.losses import (
    logistic_loss,
    non_saturating_loss,
    path_length_penalty,
    path_lengths,
    r1_penalty,
)


def test_scores():
    """-log sigmoid(real) - log(1 - sigmoid(fake)), and -log sigmoid(fake)."""
    real, fake = torch.tensor([0.3, -1.2]), torch.tensor([2.0, 0.1])
    sigmoid = torch.sigmoid
    expected = -(sigmoid(real).log().mean() + (1 - sigmoid(fake)).log().mean())
    torch.testing.assert_close(logistic_loss(real, fake), expected)
    torch.testing.assert_close(non_saturating_loss(fake), -sigmoid(fake).log().mean())


def test_r1_of_a_quadratic_score():
    """score = sum a x^2 has gradient 2 a x; the two norms differ by the number of frames."""
    a, x = torch.rand(2, 3, 3, 4, 4), torch.randn(2, 3, 3, 4, 4, requires_grad=True)
    scores = (a * x.square()).sum(dim=(1, 2, 3, 4))
    squares = (2 * a * x).square().sum(dim=(2, 3, 4))
    video, frame = r1_penalty(scores, x), r1_penalty(scores, x, "frame")
    torch.testing.assert_close(video, squares.sum(dim=1).mean())
    torch.testing.assert_close(frame, squares.mean())
    torch.testing.assert_close(video, frame * 3)


def test_r1_can_be_differentiated():
    """Against finite differences of a nonlinear score's weight."""
    x = torch.randn(2, 1, 1, 2, 2, dtype=torch.float64)

    def penalty(w):
        frames = x.clone().requires_grad_(True)
        return r1_penalty(torch.tanh(frames.flatten(1) @ w).sum(dim=1), frames).double()

    assert gradcheck(penalty, torch.randn(4, 3, dtype=torch.float64, requires_grad=True), atol=1e-4)


def linear_renderer(batch=2, length=3, style_dim=5, pixels=12):
    """Frames that are linear in their style, so that the Jacobian is the matrix itself."""
    matrix = torch.randn(style_dim, pixels, dtype=torch.float64)
    styles = torch.randn(batch, length, style_dim, dtype=torch.float64, requires_grad=True)
    frames = (styles @ matrix).view(batch, length, 3, 2, 2)
    return matrix, styles, frames


def test_path_lengths_of_a_linear_renderer():
    """g_t = J y_t / sqrt(H W), one length per frame or one per triplet."""
    matrix, styles, frames = linear_renderer()
    noise = torch.randn_like(frames)
    g = noise.view(2, 3, 12) @ matrix.t() / math.sqrt(4)
    torch.testing.assert_close(path_lengths(frames, styles, noise, "frame"), g.norm(dim=2))
    expected = g.square().sum(dim=2).mean(dim=1).sqrt()
    torch.testing.assert_close(path_lengths(frames, styles, noise), expected)


def test_path_length_penalty():
    """Squared deviation from the running mean, which is a constant."""
    lengths = torch.tensor([1.0, 3.0], requires_grad=True)
    penalty = path_length_penalty(lengths, torch.tensor(1.5))
    torch.testing.assert_close(penalty, torch.tensor((0.25 + 2.25) / 2))
    (g,) = torch.autograd.grad(penalty, lengths)
    torch.testing.assert_close(g, torch.tensor([-0.5, 1.5]))
