"""The whole generator."""

import pytest
import torch

from mmctsvg.models import ConditionalStyleVideoGenerator

CHANNELS = {4: 8, 8: 8, 16: 4}


def make(**kwargs):
    torch.manual_seed(0)
    args = dict(
        size=16, channels=CHANNELS, num_actors=3, num_actions=2, motion_dim=6, content_dim=8
    )
    generator = ConditionalStyleVideoGenerator(**{**args, **kwargs})
    for conv in generator.synthesis.convs:
        torch.nn.init.constant_(conv.noise_strength, 0.5)  # zero at the start: noise would not show
    return generator


def test_three_entries_agree():
    """From noise, from a motion style, from ready styles."""
    g = make()
    z_m, times = torch.randn(2, 6), torch.tensor([[0.0, 1.0, 2.0], [5.5, -3.0, 1e4]])
    actors, actions = torch.tensor([0, 2]), torch.tensor([1, 0])
    video = g(z_m, times, actors, actions, noise=g.stored_noise)
    assert video.shape == (2, 3, 3, 16, 16)
    m = g.mapper.style(z_m)
    torch.testing.assert_close(video, g.render(m, times, actors, actions, noise=g.stored_noise))
    w_c = g.content(actors, actions)
    for b in range(2):
        for t in range(3):
            style = torch.cat([w_c[b], m[b] * g.mapper.time2vec(times[b, t])])[None]
            frame = g.synthesise(style, g.stored_noise)
            torch.testing.assert_close(frame[0], video[b, t], atol=1e-5, rtol=1e-4)


def test_styles_per_layer():
    """The same style for every layer is the short form; another one at one layer shows."""
    g = make()
    style = torch.randn(2, 14)
    layers = style[:, None].repeat(1, g.synthesis.num_layers, 1)
    torch.testing.assert_close(g.synthesise(layers), g.synthesise(style))
    for layer in range(g.synthesis.num_layers):
        changed = layers.clone()
        changed[:, layer] += 1
        assert (g.synthesise(changed) - g.synthesise(style)).abs().max() > 1e-3, layer


def test_still_motion_gives_a_still_video():
    """One noise map per video: with m = 0 all frames are equal, but two videos differ in noise."""
    g = make()
    times = torch.arange(4.0).expand(2, 4)
    labels = torch.tensor([1, 1]), torch.tensor([0, 0])
    video = g.render(torch.zeros(2, 6), times, *labels, noise=g.noise_maps(2))
    torch.testing.assert_close(video, video[:, :1].expand_as(video), atol=1e-5, rtol=0)
    assert (video[0] - video[1]).abs().max() > 1e-2


def test_every_frame_its_own_noise_flickers():
    """What the released code does."""
    g = make(layer_noise="official")
    times = torch.arange(4.0).expand(2, 4)
    labels = torch.tensor([1, 1]), torch.tensor([0, 0])
    video = g.render(torch.zeros(2, 6), times, *labels, noise=g.noise_maps(8))
    assert (video[:, 1:] - video[:, :-1]).abs().amax(dim=(0, 2, 3, 4)).min() > 1e-2


@pytest.mark.parametrize("actors, actions", [(0, 0), (3, 0), (0, 2), (3, 2)])
def test_conditions(actors, actions):
    """What is a condition changes the video, what is none does not."""
    g = make(num_actors=actors, num_actions=actions)
    z_m, times = torch.randn(1, 6), torch.arange(3.0)[None]
    z_c = torch.randn(1, g.z_c_dim)

    def video(actor, action, z_c=z_c):
        return g(z_m, times, torch.tensor([actor]), torch.tensor([action]), z_c)

    assert torch.equal(video(0, 0), video(2, 0)) == (actors == 0)
    assert torch.equal(video(0, 0), video(0, 1)) == (actions == 0)
    assert torch.equal(video(0, 0), video(0, 0, z_c + 1)) == (actors > 0)


def test_starts_reach_the_mapper():
    """Deviations of zero leave nothing of what they belong to; F_t's rate is the one given."""
    slow, flat = (make(**{name: 0.0}).mapper.time2vec for name in ("frequency_std", "linear_std"))
    assert not slow.weight.any() and slow.linear_weight.all()
    assert not flat.linear_weight.any() and flat.weight.all()
    assert {layer.lr_mul for layer in make(motion_lr_mul=0.5).mapper.mapping[1:]} == {0.5}


def test_config_builds_it_again():
    """The arguments are kept as plain data."""
    g = make(frequency_std=0.3, content="official")
    again = ConditionalStyleVideoGenerator(**g.config)
    again.load_state_dict(g.state_dict())
    z, t, one = torch.randn(1, 6), torch.zeros(1, 1), torch.tensor([1])
    torch.testing.assert_close(again(z, t, one, one), g(z, t, one, one))


def test_compute_dtype_reaches_the_layers():
    """bfloat16 inside every convolution, float32 in the picture, and nearly the same picture."""
    g = make()
    style = torch.randn(2, 14)
    full = g.synthesise(style)
    seen = []
    for conv in g.synthesis.convs:
        conv.register_forward_hook(lambda module, args, out: seen.append(out.dtype))
    g.compute_dtype = torch.bfloat16
    half = g.synthesise(style)
    assert set(seen) == {torch.bfloat16} and half.dtype == torch.float32
    assert 0 < (half - full).abs().max() < 0.2 * full.abs().max()


@pytest.mark.parametrize(
    "kwargs, sentence",
    [
        (dict(size=24), "power of two"),
        (dict(size=32), r"give the channels at \[32\]"),
        (dict(size=15.5), "size is 15.5: it must be a whole number from 8 to 4096"),
        (dict(motion_dim=0), "motion_dim is 0: it must be a whole number from 2 to 8192"),
        (dict(motion_dim=1), "motion_dim is 1: "),
        (dict(motion_dim=10**6), "motion_dim is 1000000: "),
        (dict(motion_dim=8.0), "motion_dim is 8.0: "),
        (dict(content_dim=0, num_actions=0), "content_dim is 0: .* from 1 to 8192"),
        (dict(content_dim=1), "content_dim is 1: it must be a whole number from 2 to 8192"),
        (dict(content_layers=-1), "content_layers is -1: it must be a whole number from 0 to 1000"),
        (dict(motion_layers=10**9), "motion_layers is 1000000000: "),
        (dict(motion_lr_mul=0), "motion_lr_mul is 0: it must be a number from 1e-06 to"),
        (dict(frequency_std=-1), "frequency_std is -1: it must be a number from 0 to"),
        (dict(linear_std=float("nan")), "linear_std is nan: "),
        (dict(num_actors=-1), "num_actors is -1: "),
        (dict(num_actions=1.5), "num_actions is 1.5: "),
    ],
)
def test_wrong_sizes(kwargs, sentence):
    """One sentence that names the value."""
    with pytest.raises(ValueError, match=sentence):
        make(**kwargs)
