"""What trainings share that regularise as StyleGAN2 does: seldom, by R1 and by path length."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from mmctsvg.utils.distributed import average
from mmctsvg.utils.numbers import check_number

from .batch import Batch
from .gan import VideoGAN
from .losses import path_length_penalty, path_lengths
from .networks import GENERATOR
from .randomness import DIRECTION, item_noise


class StyleGAN(VideoGAN):
    """Base of the algorithms with StyleGAN2's lazy regularisers.

    A method's `train_step` calls `_r1_step` while its discriminators learn and `_path_length_step`
    while its generator does. Each is due every so many iterations, and weighs as much more.

    Args:
        networks: See `VideoGAN`.
        switches: Likewise.
        r1_gamma: Weight of R1; 0 for none.
        r1_interval: Iterations from one R1 step to the next, at least 1.
        path_weight: Weight of the path length penalty; 0 for none.
        path_decay: Speed of the running mean path length.
        path_interval: Iterations from one path length step to the next, at least 1.
        **options: ``ema_half_life`` and the other arguments of `VideoGAN`.

    Attributes:
        mean_path_length: Running mean of the path lengths; part of the checkpoint.

    Raises:
        UserError: For a number out of its range.

    Source: Karras et al. 2020, *Analyzing and Improving the Image Quality of StyleGAN*.
    """

    def __init__(
        self,
        networks: Mapping[str, nn.Module | None],
        switches: Mapping[str, str],
        *,
        r1_gamma: float = 10.0,
        r1_interval: int = 16,
        path_weight: float = 2.0,
        path_decay: float = 0.01,
        path_interval: int = 4,
        **options: Any,
    ):
        super().__init__(networks, switches, **options)
        check_number("r1_gamma", r1_gamma, 0)
        check_number("path_weight", path_weight, 0)
        check_number("path_decay", path_decay, 0, 1)
        for name, value in (("r1_interval", r1_interval), ("path_interval", path_interval)):
            check_number(name, value, 1, whole=True)  # a weight of 0 turns a regulariser off
        self.r1_gamma, self.r1_interval = r1_gamma, r1_interval
        self.path_weight, self.path_decay = path_weight, path_decay
        self.path_interval = path_interval
        self.register_buffer("mean_path_length", torch.zeros(()))

    @abstractmethod
    def _r1_penalties(self, batch: Batch, log: dict) -> dict[str, Tensor]:
        """Compute the R1 penalty of every one of `r1_discriminators`, and log it."""

    @abstractmethod
    def _path_fakes(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Render fakes (B, ..., 3, H, W) for the path length, and return their styles too."""

    @property
    def r1_discriminators(self) -> list[str]:
        """Names of the discriminators that R1 regularises."""
        return self.discriminators

    @property
    def regularisation_intervals(self) -> dict[str, int]:
        """Network -> iterations between its regularisation steps; 0 if it has none."""
        with_r1 = self.r1_discriminators if self.r1_gamma else []
        intervals = {n: self.r1_interval if n in with_r1 else 0 for n in self.discriminators}
        return {GENERATOR: self.path_interval if self.path_weight else 0, **intervals}

    def _r1_step(self, batches: list[Batch], optim_wrapper: OptimWrapperDict, log: dict) -> None:
        """Keep the discriminators flat at the reals, if that is due."""
        if not self.r1_gamma or self.iteration % self.r1_interval:
            return
        weight = self.r1_gamma / 2 * self.r1_interval
        with self._precise_gradients():
            for batch in batches:
                for name, penalty in self._r1_penalties(batch, log).items():
                    self._backward(optim_wrapper[name], weight * penalty)
        self._step(optim_wrapper, *self.r1_discriminators)

    def _path_length_step(
        self, batches: list[Batch], optim_wrapper: OptimWrapperDict, log: dict
    ) -> None:
        """Let equal steps of the styles change the frames equally, if that is due."""
        if not self.path_weight or self.iteration % self.path_interval:
            return
        weight = self.path_weight * self.path_interval
        with self._precise_gradients():
            for batch in batches:
                penalty = self._path_penalty(batch.half(), log)
                self._backward(optim_wrapper[GENERATOR], weight * penalty)
        self._step(optim_wrapper, GENERATOR)
        moved = average(torch.stack(log["path_length"]).mean())
        self.mean_path_length.lerp_(moved, self.path_decay)

    def _path_penalty(self, batch: Batch, log: dict, per: str = "video") -> Tensor:
        """Compute the path length penalty of freshly rendered fakes."""
        fake, styles = self._path_fakes(batch)
        shape = tuple(fake.shape[1:])
        (direction,) = item_noise(self.seed, batch.items, DIRECTION, [shape], fake.device)
        lengths = path_lengths(fake, styles, direction, per)
        log["path_length"].append(lengths.detach().mean())
        return path_length_penalty(lengths, self.mean_path_length)
