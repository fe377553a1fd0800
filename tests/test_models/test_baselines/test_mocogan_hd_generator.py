"""MoCoGAN-HD's generator: what it renders, and that its images never learn."""

import pytest
import torch

from mmctsvg.apis.opening import open_inferencer
from mmctsvg.checkpoints.generator_file import save_generator
from mmctsvg.models.baselines import MotionNoise
from mmctsvg.models.baselines.mocogan_hd_generator import MoCoGANHDGenerator
from mmctsvg.utils.errors import UserError

IMAGES = dict(type="StyleImageGenerator", channels={4: 6, 8: 4}, style_dim=5, mapping_layers=2)


def make(**options):
    torch.manual_seed(0)
    generator = MoCoGANHDGenerator(8, IMAGES, **dict(dict(hidden=4, directions=3), **options))
    walk = generator.walk
    walk.directions.copy_(torch.linalg.qr(torch.randn(5, 5))[0][:3])
    walk.deviations.copy_(torch.rand(3) + 0.5)
    walk.residual.weight.data.normal_()  # 0.02 would hide errors
    for conv in generator.images.synthesis.convs:
        conv.noise_strength.data.fill_(0.5)
    return generator


def render(generator, times, z, motion=3, **options):
    pieces = [torch.tensor(times, dtype=torch.float64)]
    return torch.cat(list(generator.stream(pieces, z, MotionNoise(motion), **options)))


def latents(generator, z, motion, n):
    """The walk by `MotionWalk.forward`, all at once."""
    noise = MotionNoise(motion).rows(1, n, 5)
    return generator.walk(generator.images.mapping(z[None]), noise[None])[0][0]


def test_stream_is_the_walk():
    generator, z = make(), torch.randn(5)
    w = latents(generator, z, 3, 6)
    frames = render(generator, [0.0, 4.0, 2.0, 5.0, 1.5], z, noise="zero")
    wanted = torch.stack([w[0], w[4], w[2], w[5], (w[1] + w[2]) / 2])
    assert torch.allclose(frames, generator.images.synthesise(wanted), atol=1e-5)
    assert (w.diff(dim=0).norm(dim=1) > 0.01).all()


def test_stride():
    """A walk at every other frame: twice as slow, and middles are in reach at whole times."""
    one, two, z = make(), make(stride=2), torch.randn(5)
    found = render(two, [0.0, 1.0, 2.0, 6.0], z, noise="zero")
    assert torch.allclose(found, render(one, [0.0, 0.5, 1.0, 3.0], z, noise="zero"), atol=1e-5)
    assert two.abilities.problem([0.5]) and not two.abilities.problem([1])


def test_pieces_join():
    generator, z = make(), torch.randn(5)
    pieces = [torch.tensor([0.0, 1.0]), torch.tensor([2.0, 3.0, 4.0])]
    joined = torch.cat(list(generator.stream(pieces, z, MotionNoise(3))))
    assert torch.allclose(joined, render(generator, [0.0, 1.0, 2.0, 3.0, 4.0], z), atol=1e-5)


def test_layer_noise_is_the_same_in_all_frames():
    """Standing still, all frames are equal; another seed of noise gives others."""
    generator, z = make(), torch.randn(5)
    generator.walk.deviations.zero_()
    frames = render(generator, [0.0, 1.0, 7.0], z, noise="fixed", seed=1)
    assert torch.allclose(frames, frames[:1].expand_as(frames), atol=1e-6)
    assert not torch.allclose(frames, render(generator, [0.0, 1.0, 7.0], z, noise="fixed", seed=2))


@pytest.mark.parametrize("share", ["noise", "residual"])
def test_what_equal_motion_gives_to_other_contents(share):
    generator = make(share=share)
    steps = []
    for z in torch.randn(2, 5):
        walk = generator._latents(generator.images.mapping(z[None]), MotionNoise(3))
        steps.append(torch.cat([next(walk) for _ in range(5)]).detach().diff(dim=0))
    equal = torch.allclose(steps[0], steps[1], atol=1e-5)
    assert equal == (share == "residual")
    if share == "residual":  # the steps of the content that row 0 of the noise gives
        reference = latents(generator, MotionNoise(3).rows(0, 1, 5)[0], 3, 5).diff(dim=0)
        assert torch.allclose(steps[0], reference, atol=1e-5)


def test_chunks_give_the_same_videos_and_gradients():
    generator = make().requires_grad_(False)
    w = torch.randn(2, 3, 5)
    noise = [torch.randn(2, *shape) for shape in generator.images.noise_shapes()]
    results = []
    for chunk in (None, 4):
        own = w.clone().requires_grad_(True)
        video = generator.video(own, noise, chunk)
        (video**2).sum().backward()
        results.append((video.detach(), own.grad))
    for one, other in zip(*results, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5)
    # All frames of a video share its maps.
    for b in range(2):
        alone = generator.images.synthesise(w[b], [n[b : b + 1] for n in noise])
        assert torch.allclose(results[0][0][b], alone, atol=1e-5)


def test_only_the_walk_learns():
    generator = make()
    generator.requires_grad_(True)
    assert all(p.requires_grad for p in generator.walk.parameters())
    assert not any(p.requires_grad for p in generator.images.parameters())


def test_file_and_inferencer(tmp_path):
    generator = make(share="residual")
    save_generator(tmp_path / "generator.safetensors", generator, dict(fps=25.0))
    inferencer = open_inferencer(tmp_path / "generator.safetensors", "cpu")
    z = torch.randn(5)
    video = inferencer.render([0, 0.5, 1, 40], z=z, motion=3, seed=7)
    expected = render(generator, [0.0, 0.5, 1.0, 40.0], z, 3, noise="fixed", seed=7)
    assert torch.allclose(video, expected.clamp(-1, 1), atol=1e-5)
    assert inferencer.generator.share == "residual"
    with pytest.raises(UserError, match="half frames"):
        inferencer.render([0, 0.3], z=z)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(images=dict(type="StyleGAN3")), "images.type is 'StyleGAN3'"),
        (dict(images=IMAGES, share="all"), "share is 'all'"),
        (dict(images=IMAGES, directions=6), "directions is 6"),
    ],
)
def test_what_cannot_be(options, words):
    with pytest.raises(UserError, match=words):
        MoCoGANHDGenerator(8, **options)
