"""Stage 1 of MoCoGAN-HD: StyleGAN2 on single frames."""

from collections import defaultdict
from typing import Any

import torch
from mmengine.optim import OptimWrapperDict
from torch import Tensor

from mmctsvg.registry import MODELS
from mmctsvg.utils.distributed import average
from mmctsvg.utils.numbers import check_number

from ..batch import Batch
from ..gan import VideoGAN
from ..losses import (
    logistic_loss,
    non_saturating_loss,
    path_length_penalty,
    path_lengths,
    r1_penalty,
)
from ..networks import GENERATOR, build_networks
from ..randomness import (
    D_STEP,
    DIRECTION,
    EVALUATION,
    FIRST_FREE,
    G_STEP,
    PATH,
    generator_for,
    item_noise,
    to_device,
)
from . import image_generators  # noqa: F401, they register themselves

D = "discriminator"

#: Network -> facts and switches that it takes from the model's config.
TAKES = {GENERATOR: (("size",), ()), D: (("size",), ())}


@MODELS.register_module()
class StyleGAN2Images(VideoGAN):
    """StyleGAN2 on the first frame of every sample: the image generator of MoCoGAN-HD.

    Args:
        generator: Config of an image generator: `MMagicImageGenerator` or `StyleImageGenerator`.
        discriminator: Config of `MMagicImageDiscriminator` or `StyleImageDiscriminator`.
        size: Width and height of the frames, for networks whose config has none; a training takes
            it from its data set where the config has none either.
        num_actors: Not used: the method knows no labels.
        num_actions: Not used either.
        style_mixing: Probability that later layers take the style of another image.
        r1_gamma: Weight of R1; 0 for none.
        r1_interval: Iterations from one R1 step to the next, at least 1.
        path_weight: Weight of the path length penalty; 0 for none.
        path_decay: Speed of the running mean path length.
        path_interval: Iterations from one path length step to the next, at least 1.
        ema_half_life: Half-life of the generator's average, in images; above 0.
        **options: ``accumulate``, ``precision``, ``seed`` and ``data_preprocessor`` of `VideoGAN`.

    Attributes:
        mean_path_length: Running mean of the path lengths; part of the checkpoint.

    Raises:
        UserError: For a number out of its range.

    Source: Karras et al. 2020, *Analyzing and Improving the Image Quality of StyleGAN*.
    """

    def __init__(
        self,
        generator: dict,
        discriminator: dict,
        *,
        size: int | None = None,
        num_actors: int | None = None,
        num_actions: int | None = None,
        style_mixing: float = 0.9,
        r1_gamma: float = 10.0,
        r1_interval: int = 16,
        path_weight: float = 2.0,
        path_decay: float = 0.01,
        path_interval: int = 4,
        ema_half_life: float = 10_000,
        **options: Any,
    ):
        networks = build_networks(
            {GENERATOR: generator, D: discriminator}, dict(size=size), {}, TAKES
        )
        super().__init__(networks, {}, ema_half_life=ema_half_life, **options)
        for name, value, most in (
            ("style_mixing", style_mixing, 1),
            ("r1_gamma", r1_gamma, None),
            ("path_weight", path_weight, None),
            ("path_decay", path_decay, 1),
        ):
            check_number(name, value, 0, most)
        for name, value in (("r1_interval", r1_interval), ("path_interval", path_interval)):
            check_number(name, value, 1, whole=True)  # a weight of 0 turns a regulariser off
        self.style_mixing = style_mixing
        self.r1_gamma, self.r1_interval = r1_gamma, r1_interval
        self.path_weight, self.path_decay = path_weight, path_decay
        self.path_interval = path_interval
        self.register_buffer("mean_path_length", torch.zeros(()))

    @property
    def regularisation_intervals(self) -> dict[str, int]:
        """Network -> iterations between its regularisation steps; 0 if it has none."""
        return {
            GENERATOR: self.path_interval if self.path_weight else 0,
            D: self.r1_interval if self.r1_gamma else 0,
        }

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """Run one iteration: discriminator, R1, generator, path length, average.

        Args:
            data: A batch of clips, of which the first frame is taken.
            optim_wrapper: One wrapper per network, under the networks' names.

        Returns:
            Scalars for the log, on the device: nothing here waits for it.
        """
        batches, log, iteration = self.batches(data), defaultdict(list), self.iteration

        # The discriminator learns to tell reals from fakes.
        self._turn(D)
        for batch in batches:
            with torch.no_grad():
                fake, _ = self.fakes(batch.items, D_STEP)
            loss = self._discriminator_loss(batch, fake, log)
            self._backward(optim_wrapper[D], loss)
        self._step(optim_wrapper, D)

        if self.r1_gamma and iteration % self.r1_interval == 0:
            weight = self.r1_gamma / 2 * self.r1_interval
            with self._precise_gradients():
                for batch in batches:
                    image = batch.frames[:, :1].detach().requires_grad_(True)
                    penalty = r1_penalty(self.discriminator(image[:, 0]), image)
                    log["r1"].append(penalty.detach())
                    self._backward(optim_wrapper[D], weight * penalty)
            self._step(optim_wrapper, D)

        # The generator learns against it.
        self._turn(GENERATOR)
        for batch in batches:
            fake, _ = self.fakes(batch.items, G_STEP)
            loss = non_saturating_loss(self.discriminator(fake))
            log["loss_generator"].append(loss.detach())
            self._backward(optim_wrapper[GENERATOR], loss)
        self._step(optim_wrapper, GENERATOR)

        if self.path_weight and iteration % self.path_interval == 0:
            weight = self.path_weight * self.path_interval
            with self._precise_gradients():
                for batch in batches:
                    penalty = self._path_penalty(batch.half(), log)
                    self._backward(optim_wrapper[GENERATOR], weight * penalty)
            self._step(optim_wrapper, GENERATOR)
            moved = average(torch.stack(log["path_length"]).mean())
            self.mean_path_length.lerp_(moved, self.path_decay)

        return self._finish(log, sum(len(batch) for batch in batches))

    def _discriminator_loss(self, batch: Batch, fake: Tensor, log: dict) -> Tensor:
        real_scores, fake_scores = self.discriminator(batch.frames[:, 0]), self.discriminator(fake)
        loss = logistic_loss(real_scores, fake_scores)
        log["d_real"].append(real_scores.detach().mean())
        log["d_fake"].append(fake_scores.detach().mean())
        log["loss_discriminator"].append(loss.detach())
        return loss

    def _path_penalty(self, batch: Batch, log: dict) -> Tensor:
        """Compute the path length penalty: a length is the root mean square over the layers."""
        fake, w = self.fakes(batch.items, PATH)
        shape = tuple(fake.shape[1:])
        (direction,) = item_noise(self.seed, batch.items, DIRECTION, [shape], fake.device)
        lengths = path_lengths(fake, w, direction)
        log["path_length"].append(lengths.detach().mean())
        return path_length_penalty(lengths, self.mean_path_length)

    def fakes(self, items: tuple[int, ...], stream: int) -> tuple[Tensor, Tensor]:
        """Render an image (B, 3, H, W) for every item, and return its latents (B, L, D) too."""
        generator = self.generator
        layers, dim = generator.num_layers, generator.style_dim
        z, *noise = item_noise(
            self.seed, items, stream, [(2, dim), *generator.noise_shapes()], self._device
        )
        w = generator.mapping(z.flatten(0, 1)).unflatten(0, (-1, 2))
        crossings = to_device(torch.cat([self._crossing(i, stream) for i in items]), self._device)
        late = torch.arange(layers, device=self._device) >= crossings[:, None]
        w = torch.where(late[:, :, None], w[:, 1:], w[:, :1])
        return generator.synthesise(w, noise or None), w

    def _crossing(self, item: int, stream: int) -> Tensor:
        """Draw the first layer (1,) that takes the second latent; L for none."""
        layers = self.generator.num_layers
        draw = generator_for(self.seed, item, FIRST_FREE + stream)
        mixes = torch.rand((), generator=draw) < self.style_mixing
        return torch.randint(1, layers, (1,), generator=draw) if mixes else torch.tensor([layers])

    @property
    def _device(self) -> torch.device:
        return self.mean_path_length.device

    def forward(self, index: Tensor, mode: str = "tensor", **unused: Tensor) -> Tensor:
        """Render as many images of the averaged generator as there are items, (B, 1, 3, H, W).

        Raises:
            ValueError: If ``mode`` is ``'loss'``: there is no single loss, see `train_step`.
        """
        if mode == "loss":
            raise ValueError("StyleGAN2Images has no single loss: train it by train_step")
        generator, items = self.generator_ema, index.tolist()
        shapes = [(generator.style_dim,), *generator.noise_shapes()]
        z, *noise = item_noise(self.seed, items, EVALUATION, shapes, self._device)
        with torch.no_grad():
            return generator.synthesise(generator.mapping(z), noise or None)[:, None]
