"""MoCoGAN-HD, stages 2 and 3: `MoCoGANHD.train_step` is one iteration of the training of R."""

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
from mmctsvg.utils.pixels import mean_motion

from ..batch import Batch
from ..gan import VideoGAN
from ..networks import GENERATOR, build_networks
from ..randomness import EVALUATION, FIRST_FREE, generator_for, item_noise, to_device
from ..switches import resolve_switches
from . import mocogan_hd_generator  # noqa: F401, it registers itself
from .image_generators import ImageGenerator
from .mocogan_hd_losses import gradient_penalty, mutual_information_loss, relativistic_loss
from .mocogan_hd_networks import pairs_with_first
from .principal_directions import principal_directions

D_V, D_I = "video_discriminator", "image_discriminator"

#: Network -> facts and switches that it takes from the model's config.
TAKES = {GENERATOR: (("size",), ()), D_V: ((), ()), D_I: ((), ())}

#: Streams: latents of stage 2, mixes of the penalty; from then on two for every step of R, its
#: noise and its choices.
LATENTS, MIX, STEPS = range(FIRST_FREE, FIRST_FREE + 3)


@MODELS.register_module()
class MoCoGANHD(VideoGAN):
    """MoCoGAN-HD in-domain: images and clips come from one data set.

    The image generator is stage 1, see `StyleGAN2Images`; `walk_through` takes it and does stage 2.

    Args:
        generator: Config of the `MoCoGANHDGenerator`.
        video_discriminator: Config of D_V.
        image_discriminator: Config of D_I.
        size: Width and height of the frames, for a generator whose config has none; a training
            takes it from its data set where the config has none either.
        num_actors: Not used: the method knows no labels.
        num_actions: Not used either.
        preset: ``'paper'`` or ``'official'``: the value of every switch.
        switches: Switches that differ from the preset: ``gp_norm``. ``'paper'``: the gradient
            penalty takes one norm per clip. ``'official'``: one per voxel, over its channels.
        steps: Steps of R in an iteration, before one of both discriminators.
        penalty_weight: Weight of the gradient penalty, halved as the losses are; 0 for none.
        information_weight: Weight of the mutual information term.
        time_reversal: Probability that D_V gets a batch backwards, drawn for reals and for fakes.
        largest: Frames above this size are averaged down to it for the discriminators.
        samples: Number of latents of which stage 2 finds the principal directions.
        chunk: Frames that R renders at once, see `MoCoGANHDGenerator.video`.
        **options: ``accumulate``, ``precision``, ``seed`` and ``data_preprocessor`` of `VideoGAN`.
            Relativistic means run over each of the ``accumulate`` parts.

    Raises:
        UserError: For a number out of its range.

    Source: Tian et al. 2021, *A Good Image Generator Is What You Need for High-Resolution Video
    Synthesis*.
    """

    SWITCHES = {"gp_norm": "over what the norm of the gradient penalty is taken"}

    def __init__(
        self,
        generator: dict,
        video_discriminator: dict,
        image_discriminator: dict,
        *,
        size: int | None = None,
        num_actors: int | None = None,
        num_actions: int | None = None,
        preset: str = "paper",
        switches: Mapping[str, str] | None = None,
        steps: int = 5,
        penalty_weight: float = 10.0,
        information_weight: float = 1.0,
        time_reversal: float = 0.5,
        largest: int = 128,
        samples: int = 1_000_000,
        chunk: int | None = None,
        **options: Any,
    ):
        resolved = resolve_switches(preset, self.SWITCHES, **(switches or {}))
        networks = build_networks(
            {GENERATOR: generator, D_V: video_discriminator, D_I: image_discriminator},
            dict(size=size),
            resolved,
            TAKES,
        )
        super().__init__(networks, resolved, ema_half_life=None, **options)
        for name, value, least in (
            ("steps", steps, 1),
            ("largest", largest, 4),
            ("samples", samples, 2),
        ):
            check_number(name, value, least, whole=True)
        check_number("penalty_weight", penalty_weight, 0)
        check_number("information_weight", information_weight, 0)
        check_number("time_reversal", time_reversal, 0, 1)
        if chunk is not None:
            check_number("chunk", chunk, 1, whole=True)
        self.steps, self.largest, self.samples, self.chunk = steps, largest, samples, chunk
        self.penalty_weight, self.information_weight = penalty_weight, information_weight
        self.time_reversal = time_reversal

    def walk_through(self, images: ImageGenerator) -> None:
        """Take the weights of an image generator, and find the principal directions of its W.

        Raises:
            UserError: If it is another one than the config of this model says.
        """
        own = self.generator.images
        if type(images) is not type(own) or images.config != own.config:
            raise UserError(
                f"the image generator is {type(images).__name__} with {images.config}, but "
                f"generator.images in the config says {type(own).__name__} with {own.config}"
            )
        own.load_state_dict(images.state_dict())
        walk = self.generator.walk
        directions, deviations = principal_directions(
            own.mapping,
            own.style_dim,
            len(walk.deviations),
            samples=self.samples,
            seed=self.seed,
            stream=LATENTS,
            device=walk.deviations.device,
        )
        walk.directions.copy_(directions)
        walk.deviations.copy_(deviations)
        self.generator_ema.load_state_dict(self.generator.state_dict())

    # ------------------------------------------------------------------ the step

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """Run one iteration: some steps of R, then one of both discriminators on the last fakes.

        Args:
            data: A batch of clips.
            optim_wrapper: One wrapper per network, under the networks' names.

        Returns:
            Scalars for the log, on the device: nothing here waits for it.

        Raises:
            UserError: If `walk_through` was never called, or clips have fewer than 2 frames, or
                another stride than the generator.
        """
        batches, log = self.batches(data), defaultdict(list)
        self._check(batches[0])
        reals = [self._pool(batch.frames) for batch in batches]

        # R learns against both discriminators, with new noise in every step.
        self._turn(GENERATOR)
        for step in range(self.steps):
            fakes = []
            for batch, real in zip(batches, reals, strict=True):
                fake, information = self.fakes(batch.items, real.shape[1], STEPS + 2 * step)
                fakes.append(self._pool(fake))
                loss = self._generator_loss(batch, real, fakes[-1], information, step, log)
                self._backward(optim_wrapper[GENERATOR], loss)
            self._step(optim_wrapper, GENERATOR)

        # The discriminators learn to tell reals from fakes.
        self._turn(D_V, D_I)
        for batch, real, fake in zip(batches, reals, fakes, strict=True):
            inputs = self._inputs(batch, real, fake.detach(), self.steps)
            for name, loss in self._discriminator_losses(inputs, log).items():
                self._backward(optim_wrapper[name], loss)
            if self.penalty_weight:
                with self._precise_gradients():
                    penalty = self._penalty(batch, *inputs[D_V], log)
                    self._backward(optim_wrapper[D_V], self.penalty_weight / 2 * penalty)
        self._step(optim_wrapper, D_V, D_I)

        return self._finish(log, sum(len(batch) for batch in batches))

    def _generator_loss(
        self, batch: Batch, real: Tensor, fake: Tensor, information: Tensor, step: int, log: dict
    ) -> Tensor:
        """Sum the losses of R: fakes should score above reals, and the state tell its noise."""
        loss = self.information_weight * information
        for name, (x, y) in self._inputs(batch, real, fake, step).items():
            discriminator = getattr(self, name)
            with torch.no_grad():
                real_scores = discriminator(x)
            loss = loss + relativistic_loss(discriminator(y), real_scores)
        log["loss_generator"].append(loss.detach())
        log["noise_recalled"].append(-information.detach())
        log["motion_real"].append(mean_motion(real))
        log["motion_fake"].append(mean_motion(fake))
        return loss

    def _discriminator_losses(
        self, inputs: Mapping[str, tuple[Tensor, Tensor]], log: dict
    ) -> dict[str, Tensor]:
        """Compute the loss of both discriminators: reals should score above fakes."""
        losses = {}
        for name, short in ((D_V, "d_v"), (D_I, "d_i")):
            real_scores, fake_scores = [getattr(self, name)(x) for x in inputs[name]]
            losses[name] = relativistic_loss(real_scores, fake_scores)
            log[f"loss_{name}"].append(losses[name].detach())
            for kind, scores in (("real", real_scores), ("fake", fake_scores)):
                mean = torch.stack([score.detach().mean() for score in scores]).mean()
                log[f"{short}_{kind}"].append(mean)
        return losses

    def _penalty(self, batch: Batch, real: Tensor, fake: Tensor, log: dict) -> Tensor:
        draws = [torch.rand(1, generator=generator_for(self.seed, i, MIX)) for i in batch.items]
        share = to_device(torch.cat(draws), real.device)
        norm = "clip" if self.switches["gp_norm"] == "paper" else "channel"
        penalty = gradient_penalty(self.video_discriminator, real, fake, share, norm)
        log["gradient_penalty"].append(penalty.detach())
        return penalty

    def _inputs(
        self, batch: Batch, real: Tensor, fake: Tensor, step: int
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Return what each discriminator gets of reals and of fakes in one step.

        D_V: the pairs of the first frame with all later ones, perhaps backwards. D_I: one of them.
        """
        generator = generator_for(self.seed, batch.items[0], STEPS + 2 * step + 1)
        backwards = torch.rand(2, generator=generator) < self.time_reversal
        later = int(torch.randint(real.shape[1] - 1, (), generator=generator))
        pairs = [pairs_with_first(real), pairs_with_first(fake)]
        played = [x.flip(1) if back else x for x, back in zip(pairs, backwards, strict=True)]
        return {D_V: tuple(played), D_I: tuple(x[:, later] for x in pairs)}

    def _pool(self, video: Tensor) -> Tensor:
        """Average frames down to at most ``largest`` pixels."""
        if video.shape[-1] <= self.largest:
            return video
        return F.adaptive_avg_pool2d(video.flatten(0, 1), self.largest).unflatten(
            0, video.shape[:2]
        )

    def _check(self, batch: Batch) -> None:
        if batch.frames.shape[1] < 2:
            raise UserError("num_frames of the data set is 1; a walk needs at least 2")
        if self.iteration:
            return  # nothing that changes on the way, and asking the device takes time
        if not self.generator.walk.deviations.any():
            raise UserError(
                "MoCoGAN-HD has no image generator to walk through; give the config the hook "
                "ImageGeneratorHook with the file of stage 1"
            )
        stride = float(batch.times[0, 1] - batch.times[0, 0])
        if abs(stride - self.generator.stride) > 0.25:  # uneven clips have other distances
            raise UserError(
                f"stride of the data set is {stride:g} frames, but the generator's is "
                f"{self.generator.stride}; give both the same number"
            )

    # ------------------------------------------------------------------ fakes

    def fakes(self, items: tuple[int, ...], length: int, stream: int) -> tuple[Tensor, Tensor]:
        """Render a video (B, n, 3, H, W) for every item, with its mutual information loss."""
        noise, z, maps = self._noise(self.generator, items, length, stream)
        first = self.generator.images.mapping(z)
        latents, states = self.generator.walk(first, noise)
        information = mutual_information_loss(self.generator.walk.recall(states), noise)
        return self.generator.video(latents, maps, self.chunk), information

    def forward(
        self, times: Tensor, index: Tensor, mode: str = "tensor", **unused: Tensor
    ) -> Tensor:
        """Render as many videos as there are real ones, as long, (B, T, 3, H, W).

        Raises:
            ValueError: If ``mode`` is ``'loss'``: there is no single loss, see `train_step`.
        """
        if mode == "loss":
            raise ValueError("MoCoGANHD has no single loss: train it by train_step")
        generator = self.generator_ema
        noise, z, maps = self._noise(generator, index.tolist(), times.shape[1], EVALUATION)
        with torch.no_grad():
            latents, _ = generator.walk(generator.images.mapping(z), noise)
            return generator.video(latents, maps)

    def _noise(
        self, generator: torch.nn.Module, items: tuple[int, ...], length: int, stream: int
    ) -> tuple[Tensor, Tensor, list[Tensor] | None]:
        """Draw the noise of the steps (B, n - 1, D), z (B, D) and the layers' noise of videos."""
        dim, device = generator.motion_dim, generator.walk.deviations.device
        shapes = [(length - 1, dim), (dim,), *generator.images.noise_shapes()]
        noise, z, *maps = item_noise(self.seed, items, stream, shapes, device)
        return noise, z, maps or None
