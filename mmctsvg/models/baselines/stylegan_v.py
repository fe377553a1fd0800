"""StyleGAN-V: `train_step` is one iteration of its training."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.dist import get_world_size
from mmengine.optim import OptimWrapperDict
from torch import Tensor

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.pixels import mean_motion

from ..batch import Batch
from ..gan import VideoGAN
from ..losses import logistic_loss, non_saturating_loss, r1_penalty
from ..networks import GENERATOR, build_networks
from ..randomness import D_STEP, EVALUATION, G_STEP, TIME, generator_for, item_noise, to_device
from ..switches import resolve_switches
from . import stylegan_v_discriminator, stylegan_v_generator  # noqa: F401, they register themselves
from .stylegan_v_motion import span_times

DISCRIMINATOR = "discriminator"

#: The generator's Adam is corrected as for a path length penalty, which StyleGAN-V leaves out.
_G_INTERVAL = 4


@MODELS.register_module()
class StyleGANV(VideoGAN):
    """StyleGAN-V, unconditional and without adaptive augmentation.

    The training takes triplets of `TripletDataset` with ``times='spans'``. Both presets compute the
    same: its one known mistake, sampling that stops with an error, has no numbers.

    Args:
        generator: Config of the generator.
        discriminator: Config of the discriminator.
        size: Width and height of the frames, for networks whose config has none.
        num_actors: Number of actors in the data, which are no condition here.
        num_actions: Number of actions, likewise.
        preset: ``'paper'`` or ``'official'``.
        switches: None but an empty mapping: there are no switches.
        r1_scale: R1's gamma is this times size^2 over the number of videos of an iteration; 0 for
            no R1.
        r1_interval: Iterations from one R1 step to the next, at least 1.
        ema_half_life: Half-life of the generator's average, in videos; above 0.
        **options: ``accumulate``, ``precision``, ``seed`` and ``data_preprocessor`` of `VideoGAN`.
            Minibatch deviations are measured within each of the ``accumulate`` parts.

    Raises:
        UserError: For a number out of its range.

    Source: Skorokhodov et al., *StyleGAN-V*, CVPR 2022.
    """

    def __init__(
        self,
        generator: dict,
        discriminator: dict,
        *,
        size: int | None = None,
        num_actors: int | None = None,
        num_actions: int | None = None,
        preset: str = "paper",
        switches: Mapping[str, str] | None = None,
        r1_scale: float = 0.0002,
        r1_interval: int = 16,
        ema_half_life: float = 20_000,
        **options: Any,
    ):
        resolved = resolve_switches(preset, self.SWITCHES, **(switches or {}))
        configs = {GENERATOR: generator, DISCRIMINATOR: discriminator}
        takes = dict.fromkeys(configs, (("size",), ()))
        networks = build_networks(configs, dict(size=size), resolved, takes)
        super().__init__(networks, resolved, ema_half_life=ema_half_life, **options)
        check_number("r1_scale", r1_scale, 0)
        check_number("r1_interval", r1_interval, 1, whole=True)
        self.r1_scale, self.r1_interval = r1_scale, r1_interval

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """Run one iteration, see `VideoGAN`: discriminator, R1, generator, average."""
        batches, log = self.batches(data), defaultdict(list)
        videos = sum(map(len, batches))

        self._turn(DISCRIMINATOR)
        for batch in batches:
            with torch.no_grad():
                fake, times = self.fakes(batch, D_STEP)
            frames, both = torch.cat([batch.frames, fake]), torch.cat([batch.times, times])
            real_scores, fake_scores = self.discriminator(frames, both, batches=2).chunk(2)
            loss = logistic_loss(real_scores, fake_scores)
            self._backward(optim_wrapper[DISCRIMINATOR], loss)
            log["d_real"].append(real_scores.detach().mean())
            log["d_fake"].append(fake_scores.detach().mean())
            log["motion_real"].append(mean_motion(batch.frames))
            log["motion_fake"].append(mean_motion(fake))
            log["loss_discriminator"].append(loss.detach())
        self._step(optim_wrapper, DISCRIMINATOR)

        if self.r1_scale and self.iteration % self.r1_interval == 0:
            gamma = self.r1_scale * self.generator.size**2 / (videos * get_world_size())
            with self._precise_gradients():
                for batch in batches:
                    frames = batch.frames.detach().requires_grad_(True)
                    penalty = r1_penalty(self.discriminator(frames, batch.times), frames, "frame")
                    loss = gamma / 2 * self.r1_interval * penalty
                    self._backward(optim_wrapper[DISCRIMINATOR], loss)
                    log["r1_discriminator"].append(penalty.detach())
            self._step(optim_wrapper, DISCRIMINATOR)

        self._turn(GENERATOR)
        for batch in batches:
            loss = non_saturating_loss(self.discriminator(*self.fakes(batch, G_STEP)))
            self._backward(optim_wrapper[GENERATOR], loss)
            log["loss_generator"].append(loss.detach())
        self._step(optim_wrapper, GENERATOR)
        return self._finish(log, videos)

    def fakes(self, batch: Batch, stream: int) -> tuple[Tensor, Tensor]:
        """Render a video for every real one.

        Args:
            batch: Real videos.
            stream: Number of the items' stream of noise, see `mmctsvg.models.randomness`.

        Returns:
            Videos (B, 3, 3, H, W) and their times (B, 3).
        """
        draws = [torch.rand(2, 3, generator=generator_for(self.seed, i, TIME)) for i in batch.items]
        shares = to_device(torch.stack(draws)[:, int(stream == G_STEP)], batch.lengths.device)
        times = span_times(shares, batch.lengths.clamp(max=self.generator.max_frames))
        return self.generator(*self._noise(batch.items, stream), times), times

    def forward(
        self, times: Tensor, index: Tensor, mode: str = "tensor", **unused: Tensor
    ) -> Tensor:
        """Render the averaged generator's counterpart of every video, (B, T, 3, H, W).

        Raises:
            ValueError: If ``mode`` is ``'loss'``: there is no single loss, see `train_step`.
        """
        if mode == "loss":
            raise ValueError("StyleGANV has no single loss: train it by train_step")
        with torch.no_grad():
            return self.generator_ema(*self._noise(index.tolist(), EVALUATION), times)

    def _noise(self, items, stream: int) -> list[Tensor]:
        """Content noise (B, content_dim) and motion noise (B, n, code_dim) of items."""
        g = self.generator
        shapes = [(g.content_dim,), (g.motion_rows, g.motion_dim)]
        return item_noise(self.seed, items, stream, shapes, self.iterations_done.device)

    @property
    def regularisation_intervals(self) -> dict[str, int]:
        """Network -> iterations between regularisation steps; the generator's takes none."""
        return {GENERATOR: _G_INTERVAL, DISCRIMINATOR: self.r1_interval if self.r1_scale else 0}

    def _step(self, optim_wrapper: OptimWrapperDict, *names: str) -> None:
        for parameter in [p for name in names for p in getattr(self, name).parameters()]:
            if parameter.grad is not None and self.precision != "fp16":  # which skips such steps
                parameter.grad.nan_to_num_(nan=0.0, posinf=1e5, neginf=-1e5)
        super()._step(optim_wrapper, *names)
