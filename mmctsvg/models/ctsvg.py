"""The algorithm: `CTSVG.train_step` is one iteration of the training, the rest are its parts."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.optim import OptimWrapperDict
from torch import Tensor

from mmctsvg.registry import MODELS
from mmctsvg.utils.pixels import mean_motion

from .batch import Batch
from .discriminators.shuffle import shuffle_content
from .fakes import fake_noise, fake_times
from .losses import logistic_loss, non_saturating_loss, r1_penalty
from .networks import GENERATOR, build_networks
from .randomness import D_STEP, EVALUATION, G_STEP, PATH, SHUFFLE, generator_for
from .schedule import check_ramp, ramp_weight
from .style_gan import StyleGAN
from .switches import SWITCHES, resolve_switches

D_T, D_S = "time_discriminator", "shuffle_discriminator"

#: Network -> facts and switches that it takes from the model's config.
TAKES = {
    GENERATOR: (
        ("size", "num_actors", "num_actions"),
        ("content", "time2vec_order", "layer_noise"),
    ),
    D_T: (("size", "num_actors", "num_actions"), ("minibatch_stddev", "time2vec_order")),
    D_S: (("size",), ("shuffle_scores",)),
}


@MODELS.register_module()
class CTSVG(StyleGAN):
    """One Style is All You Need to Generate a Video.

    Args:
        generator: Config of the generator.
        time_discriminator: Config of D_t, or None to train without.
        shuffle_discriminator: Config of D_s, or None to train without.
        size: Width and height of the frames, for networks whose config has none; a training takes
            size and numbers of labels from its data set where the config has none either.
        num_actors: Number of actors, likewise; 0 if actors are not a condition.
        num_actions: Number of actions, likewise; 0 if actions are not a condition.
        preset: ``'paper'`` or ``'official'``: the value of every switch.
        switches: Switches that differ from the preset, see `mmctsvg.models.switches`.
        ema_half_life: Half-life of the generator's average, in videos; above 0.
        ramp: First and last iteration of the action embedding's ramp; None for none. The switch
            ``ramp='official'`` replaces the paper's (4000, 6000) by (2000, 4000).
        **options: The regularisers' arguments of `StyleGAN`, and ``accumulate``, ``precision``,
            ``seed`` and ``data_preprocessor`` of `VideoGAN`. The update is that of the whole batch,
            but within each of the ``accumulate`` parts D_s shuffles, D_t measures deviations, and
            path length takes half the videos, rounded up.

    Raises:
        UserError: For a number out of its range.

    Source: sections 3 and 4.3.
    """

    SWITCHES = SWITCHES

    def __init__(
        self,
        generator: dict,
        time_discriminator: dict | None = None,
        shuffle_discriminator: dict | None = None,
        *,
        size: int | None = None,
        num_actors: int | None = None,
        num_actions: int | None = None,
        preset: str = "paper",
        switches: Mapping[str, str] | None = None,
        ema_half_life: float = 10_000,
        ramp: tuple[int, int] | None = (4000, 6000),
        **options: Any,
    ):
        if not (time_discriminator or shuffle_discriminator):
            raise ValueError("CTSVG needs time_discriminator, shuffle_discriminator or both")
        resolved = resolve_switches(preset, **(switches or {}))
        networks = build_networks(
            {GENERATOR: generator, D_T: time_discriminator, D_S: shuffle_discriminator},
            dict(size=size, num_actors=num_actors, num_actions=num_actions),
            resolved,
            TAKES,
        )
        super().__init__(networks, resolved, ema_half_life=ema_half_life, **options)
        check_ramp(ramp)
        self.ramp = ramp if self.switches["ramp"] == "paper" or ramp is None else (2000, 4000)

    # ------------------------------------------------------------------ the step

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """Run one iteration: discriminators, R1, generator, path length, average.

        Args:
            data: A batch of `TripletVideoDataset`.
            optim_wrapper: One wrapper per network, under the networks' names.

        Returns:
            Scalars for the log, on the device: nothing here waits for it.
        """
        batches, log = self.batches(data), defaultdict(list)

        # The discriminators learn to tell reals from fakes.
        self._turn(*self.discriminators)
        for batch in batches:
            with torch.no_grad():
                fake, times = self.fakes(batch, D_STEP)
            for name, loss in self._discriminator_losses(batch, fake, times, log).items():
                self._backward(optim_wrapper[name], loss)
        self._step(optim_wrapper, *self.discriminators)
        self._r1_step(batches, optim_wrapper, log)

        # The generator learns against both.
        self._turn(GENERATOR)
        for batch in batches:
            fake, times = self.fakes(batch, G_STEP)
            self._backward(optim_wrapper[GENERATOR], self._generator_loss(batch, fake, times, log))
        self._step(optim_wrapper, GENERATOR)
        self._path_length_step(batches, optim_wrapper, log)

        return self._finish(log, sum(len(batch) for batch in batches))

    def _discriminator_losses(
        self, batch: Batch, fake: Tensor, times: Tensor, log: dict
    ) -> dict[str, Tensor]:
        """Compute the loss of every discriminator: reals should score high, fakes low."""
        losses = {}
        if self.time_discriminator is not None:
            scores = self.time_discriminator(
                torch.cat([batch.frames, fake]),
                torch.cat([batch.times, times]),
                batch.actors.repeat(2),
                batch.actions.repeat(2),
                self.ramp_weight,
                batches=2,
            )
            real_scores, fake_scores = scores.chunk(2)
            losses[D_T] = logistic_loss(real_scores, fake_scores)
            log["d_t_real"].append(real_scores.detach().mean())
            log["d_t_fake"].append(fake_scores.detach().mean())
        if self.shuffle_discriminator is not None:
            generator = generator_for(self.seed, batch.items[0], SHUFFLE)
            shuffled = shuffle_content(fake, self.switches["shuffle"], generator)
            both = torch.cat([batch.frames, shuffled])
            real_scores, fake_scores = self.shuffle_discriminator(both, batches=2).chunk(2)
            losses[D_S] = logistic_loss(real_scores, fake_scores)
            log["d_s_real"].append(real_scores.detach().mean())
            log["d_s_shuffled"].append(fake_scores.detach().mean())
        log["motion_real"].append(mean_motion(batch.frames))
        log["motion_fake"].append(mean_motion(fake))
        for name, loss in losses.items():
            log[f"loss_{name}"].append(loss.detach())
        return losses

    def _generator_loss(self, batch: Batch, fake: Tensor, times: Tensor, log: dict) -> Tensor:
        """Sum the losses against both discriminators, with equal coefficients, unshuffled."""
        losses = []
        if self.time_discriminator is not None:
            scores = self.time_discriminator(
                fake, times, batch.actors, batch.actions, self.ramp_weight
            )
            losses.append(non_saturating_loss(scores))
        if self.shuffle_discriminator is not None:
            scores = self.shuffle_discriminator(fake)
            log["d_s_fake"].append(scores.detach().mean())
            losses.append(non_saturating_loss(scores))
        loss = torch.stack(losses).sum()
        log["loss_generator"].append(loss.detach())
        return loss

    def _r1_penalties(self, batch: Batch, log: dict) -> dict[str, Tensor]:
        """Compute every discriminator's R1; log how much less D_t scores still reals."""
        per = "video" if self.switches["r1"] == "paper" else "frame"
        penalties = {}
        for name in self.r1_discriminators:
            frames = batch.frames.detach().requires_grad_(True)
            if name == D_T:
                conditions = (batch.times, batch.actors, batch.actions, self.ramp_weight)
                scores = self.time_discriminator(frames, *conditions)
                with torch.no_grad():
                    still = self.time_discriminator(frames[:, :1].expand_as(frames), *conditions)
                log["d_t_motion"].append((scores.detach() - still).mean())
            else:
                scores = self.shuffle_discriminator(frames)
            penalties[name] = r1_penalty(scores, frames, per)
            log[f"r1_{name}"].append(penalties[name].detach())
        return penalties

    def _path_fakes(self, batch: Batch) -> tuple[Tensor, Tensor]:
        generator = self.generator
        z_m, z_c, noise = fake_noise(generator, batch.items, len(batch.times[0]), self.seed, PATH)
        times, _ = fake_times(batch, self.switches, self.seed)
        w_c = generator.content(batch.actors, batch.actions, z_c, self.ramp_weight)
        styles = generator.styles(w_c, generator.mapper.style(z_m), times)
        return generator.video(styles, noise), styles

    def _path_penalty(self, batch: Batch, log: dict) -> Tensor:
        per = "video" if self.switches["path_length"] == "paper" else "frame"
        return super()._path_penalty(batch, log, per)

    # ------------------------------------------------------------------ fakes

    def fakes(self, batch: Batch, stream: int) -> tuple[Tensor, Tensor]:
        """Render a video for every real one, with its labels.

        Args:
            batch: Real videos.
            stream: Number of the items' stream of noise, see `mmctsvg.models.randomness`.

        Returns:
            Videos (B, T, 3, H, W) and the times (B, T) that D_t is given.
        """
        length = batch.times.shape[1]
        z_m, z_c, noise = fake_noise(self.generator, batch.items, length, self.seed, stream)
        rendered, given = fake_times(batch, self.switches, self.seed)
        fake = self.generator(
            z_m, rendered, batch.actors, batch.actions, z_c, self.ramp_weight, noise
        )
        return fake, given

    def forward(
        self,
        times: Tensor,
        actor: Tensor,
        action: Tensor,
        index: Tensor,
        mode: str = "tensor",
        **unused: Tensor,
    ) -> Tensor:
        """Render the averaged generator's counterpart of every video, (B, T, 3, H, W).

        Raises:
            ValueError: If ``mode`` is ``'loss'``: there is no single loss, see `train_step`.
        """
        if mode == "loss":
            raise ValueError("CTSVG has no single loss: train it by train_step")
        generator = self.generator_ema
        z_m, z_c, noise = fake_noise(
            generator, index.tolist(), times.shape[1], self.seed, EVALUATION
        )
        with torch.no_grad():
            return generator(z_m, times, actor, action, z_c, self.ramp_weight, noise)

    # ------------------------------------------------------------------ bookkeeping

    @property
    def r1_discriminators(self) -> list[str]:
        """Names of the discriminators that R1 regularises."""
        return [n for n in self.discriminators if n == D_T or self.switches["r1"] == "paper"]

    @property
    def ramp_weight(self) -> float:
        """Weight of the action embedding at this iteration."""
        return ramp_weight(self.iteration, self.ramp)

    def _ema_decay(self, videos: int) -> float:
        if self.switches["ema"] == "official":
            return 0.5 ** (32 / 10_000)
        return super()._ema_decay(videos)
