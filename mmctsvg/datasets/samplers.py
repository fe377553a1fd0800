"""CounterSampler: the items of a process of a training."""

from collections.abc import Iterator, Sized

from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from mmctsvg.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class CounterSampler(Sampler[int]):
    """Endless counter of items.

    Process ``rank`` of ``world`` gets ``start + rank``, ``start + rank + world``, ... So at
    iteration i the item j of a batch of B per process is ``(i * B + j) * world + rank`` for any
    number of workers; a resumed training sets :attr:`start` to ``i * B * world`` and goes on with
    exactly the next items.

    Args:
        dataset: Dataset that takes any index from 0 on.
        seed: Unused argument of MMEngine's samplers; randomness is the dataset's (seed, index).
    """

    def __init__(self, dataset: Sized, seed: int | None = None) -> None:
        self.dataset = dataset
        self.start = 0
        self.rank, self.world = get_dist_info()

    def __iter__(self) -> Iterator[int]:
        """Yield item counters for ever."""
        index = self.start + self.rank
        while True:
            yield index
            index += self.world

    def __len__(self) -> int:
        """Return the number of clips, as other samplers do; the iteration has no end."""
        return len(self.dataset)

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: there are no epochs, the counter alone decides."""
