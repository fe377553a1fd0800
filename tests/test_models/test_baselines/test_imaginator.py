"""ImaGINator's training step, its rendering, and its file."""

from collections import defaultdict

import pytest
import torch
from torch.nn import functional as F

from mmctsvg.apis.opening import open_inferencer
from mmctsvg.checkpoints.generator_file import save_generator
from mmctsvg.models import ImaGINator
from mmctsvg.models.baselines import MotionNoise
from mmctsvg.utils.errors import UserError

from ._tiny import batch, check_resume, optimisers, record_turns

META = dict(actors=["a"], actions=["walk", "wave"], fps=25.0)


def make(**options):
    torch.manual_seed(0)
    return ImaGINator(
        dict(type="ImaGINatorGenerator", base=4, noise_dim=6, appearance_dim=5, middle=(2, 2)),
        dict(type="ImaGINatorVideoDiscriminator", base=4),
        dict(type="ImaGINatorImageDiscriminator", base=4),
        **dict(dict(size=8, num_actors=3, num_actions=2, frames=4), **options),
    )


def test_each_network_moves_in_its_turn_only(monkeypatch):
    model = make()
    order = record_turns(model, monkeypatch)
    model.train_step(batch(), optimisers(model))
    assert order == [("generator",), ("video_discriminator", "image_discriminator")]


def test_resume_is_exact():
    model = check_resume(make)
    # There is no average: the generator as it is, with its running statistics.
    for (name, a), b in zip(
        model.generator.state_dict().items(), model.generator_ema.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b), name


def test_losses_agree_with_cross_entropies():
    """Written again with binary cross entropy on logits, the frames that D_I sees by hand."""
    model, log = make(reconstruction_weight=7.0), defaultdict(list)
    (part,) = model.batches(batch())
    fake = torch.rand_like(part.frames)
    real_time, fake_time = model._draw_two(model.seed, 0, 4)
    ones, zeros = torch.ones(4), torch.zeros(4)
    model.eval()  # the power iteration of spectral norm stands still
    bce = F.binary_cross_entropy_with_logits
    d_v, d_i = model.video_discriminator, model.image_discriminator
    expected = 7 * (fake - part.frames).abs().mean()
    expected = expected + bce(d_v(fake, part.actions), ones) + bce(d_i(fake[:, fake_time]), ones)
    assert torch.allclose(model._generator_loss(part, fake, log), expected)
    losses = model._discriminator_losses(part, fake, log)
    real, made = d_v(part.frames, part.actions), d_v(fake, part.actions)
    assert torch.allclose(losses["video_discriminator"], bce(real, ones) + bce(made, zeros))
    real, made = d_i(part.frames[:, real_time]), d_i(fake[:, fake_time])
    assert torch.allclose(losses["image_discriminator"], bce(real, ones) + bce(made, zeros))


def test_choice_of_frames_covers_all_and_differs_for_reals_and_fakes():
    drawn = [make()._draw_two(0, item, 4) for item in range(60)]
    assert {a for a, _ in drawn} == {b for _, b in drawn} == {0, 1, 2, 3}
    assert len(set(drawn)) > 10


def test_it_learns_to_repeat_its_clips():
    model = make()
    wrappers = optimisers(model, lr=3e-3)
    differences = [model.train_step(batch(0), wrappers)["reconstruction"] for _ in range(60)]
    assert torch.stack(differences[-5:]).mean() < 0.75 * differences[0]


def test_parts_of_a_batch():
    model = make(accumulate=2)
    log = model.train_step(batch(n=8), optimisers(model))
    assert log["loss_generator"].isfinite() and model.iteration == 1


def test_clips_of_another_length():
    model = make()
    with pytest.raises(UserError, match="num_frames of the data set is 2, but ImaGINator makes 4"):
        model.train_step(batch(frames=2), optimisers(model))


def test_forward_begins_with_the_real_frame():
    model = make().eval()
    data = batch()
    again = dict(data, frames=((data["frames"] + 1) * 127.5).round().to(torch.uint8))
    videos = model(**data)
    assert videos.shape == (4, 4, 3, 8, 8) and torch.allclose(videos, model(**again), atol=0.02)
    with pytest.raises(ValueError, match="train_step"):
        model(**data, mode="loss")


def test_the_average_keeps_its_statistics_while_training():
    model = make()
    model.train()
    assert model.generator.training and not model.generator_ema.training


def test_stream_renders_the_whole_video_and_hands_out_its_frames():
    generator = make().generator.eval()
    start, motion, action = torch.rand(3, 8, 8), MotionNoise(5), torch.tensor([1])
    pieces = [torch.tensor([0.0, 1.0]), torch.tensor([3.0, 0.0])]
    frames = torch.cat(list(generator.stream(pieces, start, motion, action=action)))
    video = generator(start[None], motion.rows(0, 1, 6), action)[0]
    assert torch.equal(frames, video[[0, 1, 3, 0]].detach())


def test_the_official_switch_stretches_videos():
    generator = make(preset="official").generator.eval()
    assert generator.video_range == "official"
    times = [torch.arange(4.0)]
    (video,) = generator.stream(
        times, torch.rand(3, 8, 8), MotionNoise(5), action=torch.tensor([1])
    )
    assert video.min() == -1 and video.max() == 1
    generator.video_range = "paper"
    (plain,) = generator.stream(
        times, torch.rand(3, 8, 8), MotionNoise(5), action=torch.tensor([1])
    )
    assert plain.abs().max() < 1


def test_file_and_inferencer(tmp_path):
    model = make()
    model.train_step(batch(), optimisers(model))
    generator = model.generator_ema
    path = tmp_path / "generator.safetensors"
    save_generator(path, generator, META)
    inferencer = open_inferencer(path, "cpu")
    start = torch.rand(3, 8, 8) * 2 - 1
    video = inferencer.render(range(4), action="wave", start=start, motion=3)
    expected = generator.stream(
        [torch.arange(4.0)], start, MotionNoise(3), action=torch.tensor([1])
    )
    assert torch.equal(video, next(expected))
    with pytest.raises(UserError, match="at most 4 frames"):
        inferencer.render(range(5), action="wave", start=start)
    with pytest.raises(UserError, match="start frame"):
        inferencer.render(range(4), action="wave")
