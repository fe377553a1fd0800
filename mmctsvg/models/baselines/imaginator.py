"""ImaGINator: `ImaGINator.train_step` is one iteration of its training."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.optim import OptimWrapperDict
from torch import Tensor
from torch.nn import functional as F

from mmctsvg.registry import MODELS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.pixels import mean_motion, to_float

from ..batch import Batch
from ..gan import VideoGAN
from ..losses import logistic_loss, non_saturating_loss
from ..networks import GENERATOR, build_networks
from ..randomness import EVALUATION, FIRST_FREE, G_STEP, generator_for, item_noise
from ..switches import resolve_switches
from . import imaginator_networks  # noqa: F401, they register themselves

D_V, D_I = "video_discriminator", "image_discriminator"

#: Stream of the frames that D_I is given.
FRAME_CHOICE = FIRST_FREE

#: Network -> facts and switches that it takes from the model's config.
TAKES = {
    GENERATOR: (("size", "frames", "num_actions"), ("video_range",)),
    D_V: (("size", "frames", "num_actions"), ()),
    D_I: (("size",), ()),
}


@MODELS.register_module()
class ImaGINator(VideoGAN):
    """ImaGINator: a video from its first frame, an action and noise.

    Args:
        generator: Config of the generator.
        video_discriminator: Config of D_V.
        image_discriminator: Config of D_I.
        size: Width and height of the frames, for networks whose config has none; a training takes
            size and number of actions from its data set where the config has none either.
        num_actors: Not used: the start frame shows the actor.
        num_actions: Number of actions, like ``size``; 0 if actions are not a condition.
        frames: Length of the videos, for networks whose config has none.
        preset: ``'paper'`` or ``'official'``: the value of every switch.
        switches: Switches that differ from the preset: ``video_range``, see `ImaGINatorGenerator`.
        reconstruction_weight: Weight of the mean absolute difference to the real clip.
        **options: ``accumulate``, ``precision``, ``seed`` and ``data_preprocessor`` of `VideoGAN`.
            Batch norm and the choice of frames for D_I stay within each of the ``accumulate``
            parts.

    Raises:
        UserError: For a number out of its range.

    Source: Wang et al. 2020, *ImaGINator: Conditional Spatio-Temporal GAN for Video Generation*.
    """

    SWITCHES = {"video_range": "whether rendered videos are stretched from black to white"}

    def __init__(
        self,
        generator: dict,
        video_discriminator: dict,
        image_discriminator: dict,
        *,
        size: int | None = None,
        num_actors: int | None = None,
        num_actions: int | None = None,
        frames: int = 32,
        preset: str = "paper",
        switches: Mapping[str, str] | None = None,
        reconstruction_weight: float = 100.0,
        **options: Any,
    ):
        resolved = resolve_switches(preset, self.SWITCHES, **(switches or {}))
        networks = build_networks(
            {GENERATOR: generator, D_V: video_discriminator, D_I: image_discriminator},
            dict(size=size, frames=frames, num_actions=num_actions),
            resolved,
            TAKES,
        )
        super().__init__(networks, resolved, ema_half_life=None, **options)
        check_number("reconstruction_weight", reconstruction_weight, 0)
        self.reconstruction_weight = reconstruction_weight

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """Run one iteration: generator, then both discriminators on the same fakes.

        Args:
            data: A batch of clips of as many frames as the generator makes.
            optim_wrapper: One wrapper per network, under the networks' names.

        Returns:
            Scalars for the log, on the device: nothing here waits for it.

        Raises:
            UserError: If the clips have another length.
        """
        batches, log = self.batches(data), defaultdict(list)
        self._check_length(batches[0].frames.shape[1])

        # The generator learns to repeat the clip, and against both discriminators.
        self._turn(GENERATOR)
        fakes = []
        for batch in batches:
            fake = self.fakes(batch)
            self._backward(optim_wrapper[GENERATOR], self._generator_loss(batch, fake, log))
            fakes.append(fake.detach())
        self._step(optim_wrapper, GENERATOR)

        # The discriminators learn to tell reals from fakes.
        self._turn(D_V, D_I)
        for batch, fake in zip(batches, fakes, strict=True):
            for name, loss in self._discriminator_losses(batch, fake, log).items():
                self._backward(optim_wrapper[name], loss)
        self._step(optim_wrapper, D_V, D_I)

        return self._finish(log, sum(len(batch) for batch in batches))

    def _generator_loss(self, batch: Batch, fake: Tensor, log: dict) -> Tensor:
        """Sum the weighted absolute difference and the losses against both discriminators."""
        difference = F.l1_loss(fake, batch.frames)
        _, frame = self._frames_for_images(batch, fake)
        loss = self.reconstruction_weight * difference
        loss = loss + non_saturating_loss(self.video_discriminator(fake, batch.actions))
        loss = loss + non_saturating_loss(self.image_discriminator(frame))
        log["reconstruction"].append(difference.detach())
        log["loss_generator"].append(loss.detach())
        log["motion_real"].append(mean_motion(batch.frames))
        log["motion_fake"].append(mean_motion(fake))
        return loss

    def _discriminator_losses(self, batch: Batch, fake: Tensor, log: dict) -> dict[str, Tensor]:
        """Compute the loss of both discriminators: reals should score high, fakes low."""
        images, losses = self._frames_for_images(batch, fake), {}
        for name, short, scores in (
            (
                D_V,
                "d_v",
                [self.video_discriminator(x, batch.actions) for x in (batch.frames, fake)],
            ),
            (D_I, "d_i", [self.image_discriminator(x) for x in images]),
        ):
            losses[name] = logistic_loss(*scores)
            log[f"loss_{name}"].append(losses[name].detach())
            for kind, score in zip(("real", "fake"), scores, strict=True):
                log[f"{short}_{kind}"].append(score.detach().mean())
        return losses

    @staticmethod
    def _draw_two(seed: int, item: int, length: int) -> tuple[int, int]:
        draw = torch.randint(length, (2,), generator=generator_for(seed, item, FRAME_CHOICE))
        return tuple(draw.tolist())

    def _frames_for_images(self, batch: Batch, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Choose one time for all reals and another for all fakes: two batches (B, 3, H, W)."""
        real_time, fake_time = self._draw_two(self.seed, batch.items[0], fake.shape[1])
        return batch.frames[:, real_time], fake[:, fake_time]

    def fakes(self, batch: Batch) -> Tensor:
        """Render a video (B, T, 3, H, W) from the first frame and the action of every real one."""
        z = self._noise(batch.items, G_STEP, batch.frames.device)
        return self.generator(batch.frames[:, 0], z, batch.actions)

    def forward(
        self, frames: Tensor, action: Tensor, index: Tensor, mode: str = "tensor", **unused: Tensor
    ) -> Tensor:
        """Render the generator's counterpart of every video, (B, T, 3, H, W).

        Raises:
            ValueError: If ``mode`` is ``'loss'``: there is no single loss, see `train_step`.
        """
        if mode == "loss":
            raise ValueError("ImaGINator has no single loss: train it by train_step")
        start = to_float(frames[:, 0]) if frames.dtype == torch.uint8 else frames[:, 0]
        z = self._noise(index.tolist(), EVALUATION, frames.device)
        with torch.no_grad():
            return self.generator_ema(start, z, action)

    def train(self, mode: bool = True) -> "ImaGINator":
        """Switch all but ``generator_ema``, whose batch norm uses its running statistics."""
        super().train(mode)
        self.generator_ema.eval()
        return self

    def _noise(
        self, items: tuple[int, ...] | list[int], stream: int, device: torch.device
    ) -> Tensor:
        shape = (self.generator.noise_dim,)
        return item_noise(self.seed, items, stream, [shape], device)[0]

    def _check_length(self, length: int) -> None:
        if length != self.generator.frames:
            raise UserError(
                f"num_frames of the data set is {length}, but ImaGINator makes "
                f"{self.generator.frames} frames; give both the same number"
            )
