"""The noise and the times of fakes, which belong to an item of the data stream."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .batch import Batch
from .generators import ConditionalStyleVideoGenerator
from .randomness import TIME, generator_for, item_noise, to_device


def fake_times(batch: Batch, switches: Mapping[str, str], seed: int) -> tuple[Tensor, Tensor]:
    """Return times at which fakes are rendered, and times that D_t is given, both (B, T).

    ``paper``: the times of the real videos of the batch, so that both follow one law, jointly with
    the labels. ``time_range='official'``: around a centre drawn from [o, N - 1 - o] for stride o
    and clip length N. ``fake_time_labels='official'``: D_t is given times that are o too late.
    """
    # The mean, since the distances in uneven clips differ.
    stride = (batch.times[:, -1:] - batch.times[:, :1]) / (batch.times.shape[1] - 1)
    rendered = batch.times
    if switches["time_range"] == "official":
        share = torch.cat(
            [torch.rand(1, generator=generator_for(seed, i, TIME)) for i in batch.items]
        )
        choices = batch.lengths[:, None] - 2 * stride
        centre = stride + (to_device(share, choices.device)[:, None] * choices).floor()
        steps = torch.arange(-1, batch.times.shape[1] - 1, device=batch.times.device)
        rendered = centre + steps * stride
    late = switches["fake_time_labels"] == "official"
    return rendered, rendered + stride if late else rendered


def fake_noise(
    generator: ConditionalStyleVideoGenerator,
    items: Sequence[int],
    length: int,
    seed: int,
    stream: int,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Draw motion noise (B, k), content noise (B, z_c_dim) and layer noise of every item.

    Layer noise is one map per video, (B, 1, h, w); with ``layer_noise='official'`` one per frame,
    (B * T, 1, h, w) for videos of ``length`` T. All of it is on the generator's device.
    """
    maps = length if generator.layer_noise == "official" else 1
    shapes = [(generator.motion_dim,), (generator.z_c_dim,)]
    shapes += [(maps, side, side) for side in generator.synthesis.noise_sizes]
    device = generator.synthesis.constant.device
    z_m, z_c, *noise = item_noise(seed, items, stream, shapes, device)
    return z_m, z_c, [n.flatten(0, 1).unsqueeze(1) for n in noise]
