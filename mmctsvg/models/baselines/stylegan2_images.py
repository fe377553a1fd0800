"""Stage 1 of MoCoGAN-HD: StyleGAN2 on single frames."""

from collections import defaultdict
from typing import Any

import torch
from mmengine.optim import OptimWrapperDict
from torch import Tensor

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..batch import Batch
from ..losses import logistic_loss, non_saturating_loss, r1_penalty
from ..networks import GENERATOR, build_networks
from ..randomness import (
    D_STEP,
    EVALUATION,
    FIRST_FREE,
    G_STEP,
    PATH,
    generator_for,
    item_noise,
    to_device,
)
from ..style_gan import StyleGAN
from . import image_generators  # noqa: F401, they register themselves

D = "discriminator"

#: Network -> facts and switches that it takes from the model's config.
TAKES = {GENERATOR: (("size",), ()), D: (("size",), ())}


@MODELS.register_module()
class StyleGAN2Images(StyleGAN):
    """StyleGAN2 on the first frame of every sample: the image generator of MoCoGAN-HD.

    Args:
        generator: Config of an image generator: `MMagicImageGenerator` or `StyleImageGenerator`.
        discriminator: Config of `MMagicImageDiscriminator` or `StyleImageDiscriminator`.
        size: Width and height of the frames, for networks whose config has none; a training takes
            it from its data set where the config has none either.
        num_actors: Not used: the method knows no labels.
        num_actions: Not used either.
        style_mixing: Probability that later layers take the style of another image.
        ema_half_life: Half-life of the generator's average, in images; above 0.
        **options: The regularisers' arguments of `StyleGAN`, and ``accumulate``, ``precision``,
            ``seed`` and ``data_preprocessor`` of `VideoGAN`.

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
        ema_half_life: float = 10_000,
        **options: Any,
    ):
        networks = build_networks(
            {GENERATOR: generator, D: discriminator}, dict(size=size), {}, TAKES
        )
        super().__init__(networks, {}, ema_half_life=ema_half_life, **options)
        check_number("style_mixing", style_mixing, 0, 1)
        self.style_mixing = style_mixing

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """Run one iteration: discriminator, R1, generator, path length, average.

        Args:
            data: A batch of clips, of which the first frame is taken.
            optim_wrapper: One wrapper per network, under the networks' names.

        Returns:
            Scalars for the log, on the device: nothing here waits for it.
        """
        batches, log = self.batches(data), defaultdict(list)

        # The discriminator learns to tell reals from fakes.
        self._turn(D)
        for batch in batches:
            with torch.no_grad():
                fake, _ = self.fakes(batch.items, D_STEP)
            loss = self._discriminator_loss(batch, fake, log)
            self._backward(optim_wrapper[D], loss)
        self._step(optim_wrapper, D)
        self._r1_step(batches, optim_wrapper, log)

        # The generator learns against it.
        self._turn(GENERATOR)
        for batch in batches:
            fake, _ = self.fakes(batch.items, G_STEP)
            loss = non_saturating_loss(self.discriminator(fake))
            log["loss_generator"].append(loss.detach())
            self._backward(optim_wrapper[GENERATOR], loss)
        self._step(optim_wrapper, GENERATOR)
        self._path_length_step(batches, optim_wrapper, log)

        return self._finish(log, sum(len(batch) for batch in batches))

    def _discriminator_loss(self, batch: Batch, fake: Tensor, log: dict) -> Tensor:
        real_scores, fake_scores = self.discriminator(batch.frames[:, 0]), self.discriminator(fake)
        loss = logistic_loss(real_scores, fake_scores)
        log["d_real"].append(real_scores.detach().mean())
        log["d_fake"].append(fake_scores.detach().mean())
        log["loss_discriminator"].append(loss.detach())
        return loss

    def _r1_penalties(self, batch: Batch, log: dict) -> dict[str, Tensor]:
        image = batch.frames[:, :1].detach().requires_grad_(True)
        penalty = r1_penalty(self.discriminator(image[:, 0]), image)
        log["r1"].append(penalty.detach())
        return {D: penalty}

    def _path_fakes(self, batch: Batch) -> tuple[Tensor, Tensor]:
        # A length is the root mean square over the layers.
        return self.fakes(batch.items, PATH)

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
