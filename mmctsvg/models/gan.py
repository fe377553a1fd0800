"""What the trainings of all methods share: networks with optimisers, parts of a batch, average."""

import copy
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

import torch
from mmengine.dist import get_world_size
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from mmctsvg.utils.distributed import average_gradients
from mmctsvg.utils.numbers import check_number

from .batch import Batch, split_batch
from .networks import GENERATOR
from .precision import compute_in, resolve_precision
from .schedule import copy_running_statistics, ema_decay, update_average


class VideoGAN(BaseModel):
    """Base of the algorithms: `CTSVG` and the baselines.

    A method is its networks, its ``SWITCHES`` and its `train_step`, which calls, for each network
    that learns, `_turn`, then `_backward` for every part of the batch, then `_step`; at the end
    `_finish`.

    Args:
        networks: Network -> the module, or None to train without it; ``generator`` is the first.
            Each has an optimiser of its own.
        switches: Value of every switch, see `mmctsvg.models.switches`.
        ema_half_life: Half-life of the generator's average, in videos, above 0; None for the
            generator as it is, of methods that average nothing.
        accumulate: Parts into which a batch is split to save memory.
        precision: Precision of the convolutions, see `mmctsvg.models.precision`.
        seed: Seed of all noise.
        data_preprocessor: Config of MMEngine's preprocessor; None for one that moves tensors.

    Attributes:
        generator_ema: The averaged generator, the one to use.
        iteration: Iterations done; part of the checkpoint.
        regularisation_intervals: Network -> iterations between its regularisation steps, 0 if it
            has none. `LazyAdamConstructor` makes the optimisers by it.
        ramp: First and last iteration of a label's ramp; None for none.

    Raises:
        UserError: For a number out of its range.
    """

    #: Switch -> the decision.
    SWITCHES: ClassVar[Mapping[str, str]] = {}

    ramp: tuple[int, int] | None = None

    def __init__(
        self,
        networks: Mapping[str, nn.Module | None],
        switches: Mapping[str, str],
        *,
        ema_half_life: float | None,
        accumulate: int = 1,
        precision: str = "fp32",
        seed: int = 0,
        data_preprocessor: dict | None = None,
    ):
        # Copies that wait for the GPU would stall it six times an iteration.
        to_gpu = dict(type="mmengine.BaseDataPreprocessor", non_blocking=True)
        super().__init__(data_preprocessor=data_preprocessor or to_gpu)
        self.switches = dict(switches)
        self.networks = [name for name, network in networks.items() if network is not None]
        for name, network in networks.items():
            setattr(self, name, network)
            if name == GENERATOR:
                self.generator_ema = copy.deepcopy(network).requires_grad_(False).eval()
        if ema_half_life is not None:
            check_number("ema_half_life", ema_half_life, above=0)
        check_number("seed", seed, 0, whole=True)
        self.ema_half_life = ema_half_life
        self.accumulate, self.precision, self.seed = accumulate, precision, seed
        self.register_buffer("iterations_done", torch.zeros((), dtype=torch.int64))
        self._iteration: int | None = 0
        self._dtype = torch.float32

    @abstractmethod
    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """Run one iteration.

        Args:
            data: A batch of `mmctsvg.datasets.TripletDataset`.
            optim_wrapper: One wrapper per network, under the networks' names.

        Returns:
            Scalars for the log, on the device: nothing here waits for it.
        """

    @abstractmethod
    def forward(self, **data: Tensor) -> Tensor:
        """Render the averaged generator's counterpart of every video of a batch.

        Returns:
            Videos (B, T, 3, H, W).
        """

    @property
    def discriminators(self) -> list[str]:
        """Names of the discriminators that there are."""
        return [name for name in self.networks if name != GENERATOR]

    @property
    def regularisation_intervals(self) -> dict[str, int]:
        """Network -> iterations between its regularisation steps; 0 if it has none."""
        return dict.fromkeys(self.networks, 0)

    @property
    def ramp_weight(self) -> float:
        """Weight of a label that is faded in, at this iteration."""
        return 1.0

    @property
    def iteration(self) -> int:
        """Iterations done."""
        if self._iteration is None:  # a checkpoint was loaded: the device is asked just once
            self._iteration = int(self.iterations_done)
        return self._iteration

    @iteration.setter
    def iteration(self, value: int) -> None:
        self._iteration = value
        self.iterations_done.fill_(value)

    def batches(self, data: dict) -> list[Batch]:
        """Move a batch to the device and split it into ``accumulate`` parts."""
        items = tuple(data["index"].tolist())  # on the CPU: nothing waits
        data = self.data_preprocessor({k: v for k, v in data.items() if k != "index"}, True)
        self._compute_in(resolve_precision(self.precision, self.iterations_done.device))
        return split_batch(Batch.from_data(data, items), self.accumulate)

    def _load_from_state_dict(self, *args, **kwargs) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._iteration = None

    def _compute_in(self, dtype: torch.dtype) -> None:
        """Set the precision of every network's convolutions."""
        if dtype != self._dtype:
            self._dtype = dtype
            for name in self.networks:
                compute_in(getattr(self, name), dtype)

    @contextmanager
    def _precise_gradients(self) -> Iterator[None]:
        """Compute in float32 instead of float16, whose range squared gradients leave."""
        dtype = self._dtype
        if dtype == torch.float16:
            self._compute_in(torch.float32)
        yield
        self._compute_in(dtype)

    def _turn(self, *names: str) -> None:
        """Let these networks learn; the gradients of the others are not even computed."""
        for name in self.networks:
            getattr(self, name).requires_grad_(name in names)

    def _backward(self, wrapper, loss: Tensor) -> None:
        wrapper.backward(loss / self.accumulate)

    def _step(self, optim_wrapper: OptimWrapperDict, *names: str) -> None:
        for name in names:
            average_gradients(getattr(self, name))
            optim_wrapper[name].step()
            optim_wrapper[name].zero_grad()

    def _finish(self, log: Mapping[str, list[Tensor]], videos: int) -> dict[str, Tensor]:
        """End an iteration of ``videos`` videos per process: average, count, mean of the log."""
        self._average_generator(videos)
        self.iteration += 1
        return {name: torch.stack(values).mean() for name, values in log.items()}

    def _average_generator(self, videos: int) -> None:
        """Move ``generator_ema`` towards the generator, by ``videos`` videos per process."""
        decay = self._ema_decay(videos * get_world_size())
        update_average(self.generator_ema.parameters(), self.generator.parameters(), decay)
        copy_running_statistics(self.generator_ema, self.generator)

    def _ema_decay(self, videos: int) -> float:
        """Return the decay of the generator's average for an iteration of ``videos`` videos."""
        return ema_decay(videos, self.ema_half_life) if self.ema_half_life else 0.0
