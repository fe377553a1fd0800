"""Memory over many reads, frames and steps: it stays flat."""

import gc
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.datasets.readers import BrokenClipError, open_clip
from mmctsvg.engine.optim import LazyAdamConstructor
from mmctsvg.models import CTSVG

from . import little

SHARE = 0.02  # by which memory may grow
_WARM = 0.2  # of the cases, before memory is measured first


def measure(cases: int, work: Callable[[int], None]) -> Counter[str]:
    """Work many times and compare the resident memory at the beginning and at the end.

    Args:
        cases: Number of times.
        work: Function of the number of the case.

    Returns:
        One count, ``flat`` or by how much memory grew.
    """
    torch.set_num_threads(1)
    start = 0
    for case in range(cases):
        if case == int(_WARM * cases):
            start = resident()
        work(case)
    growth = resident() - start
    grown = f"grew by {growth / 1e3:.0f} kB, {growth / start:.1%}, in {cases} cases"
    return Counter({"flat" if growth < SHARE * start else grown: 1})


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def read(cases: int, seed: int) -> Counter[str]:
    """Frames of a pack, of a folder, and of a folder with a broken picture, in turn."""
    rng = np.random.default_rng(seed)
    cv2.setLogLevel(2)  # errors: it would say every time that a picture is broken
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pack = little.write_pack(folder)
        for clip in ("good", "broken"):
            (folder / clip).mkdir()
            for number in range(4):
                picture = rng.integers(0, 256, (16, 16, 3), np.uint8)
                cv2.imwrite(str(folder / clip / f"{number}.png"), picture)
        clips = [open_clip(pack / little.CLIPS[0]), open_clip(folder / "good")]
        broken = open_clip(folder / "broken")
        path = folder / "broken" / "2.png"
        path.write_bytes(path.read_bytes()[:60] + b"?" * 60)

        def work(case: int) -> None:
            for clip in clips:
                clip.read(rng.integers(0, 4, 3))
            try:
                broken.read(np.array([2]))
            except BrokenClipError:
                return
            raise RuntimeError("a broken picture was read")

        return measure(cases, work)


def render(cases: int, seed: int) -> Counter[str]:
    """Frames of one long video; a case is 16 frames."""
    inferencer = CTSVGInferencer.from_generator(little.make_generator(), little.META)
    motion = inferencer.find_motion(str(seed))
    times = map(float, range(16 * cases))
    chunks = inferencer.stream(times, "ann", "nod", motion)
    return measure(cases, lambda case: next(chunks))


def train(cases: int, seed: int) -> Counter[str]:
    """Iterations of a training, with all regularisers."""
    sizes = {"size": 16, "channels": {4: 4, 8: 4, 16: 4}}
    model = CTSVG(
        dict(type="ConditionalStyleVideoGenerator", motion_dim=6, content_dim=4, **sizes),
        dict(type="TimeConditionedProjectionDiscriminator", embed_dim=4, hidden_dim=4, **sizes),
        dict(type="ShuffleDiscriminator", hidden_dim=4, **sizes),
        ramp=None,
        r1_interval=2,
        path_interval=2,
        seed=seed,
    )
    adam = dict(type="Adam", lr=1e-4, betas=(0.0, 0.99))
    wrappers = LazyAdamConstructor(dict(optimizer=adam))(model)
    draw = torch.Generator().manual_seed(seed)

    def work(case: int) -> None:
        zeros = torch.zeros(4, dtype=torch.int64)
        batch = dict(
            frames=torch.rand(4, 3, 3, 16, 16, generator=draw) * 2 - 1,
            times=torch.arange(3.0).expand(4, 3),
            actor=zeros,
            action=zeros,
            index=torch.arange(4 * case, 4 * case + 4),
            length=zeros + 8,
        )
        model.train_step(batch, wrappers)

    return measure(cases, work)


CAMPAIGNS = {"reads": read, "frames": render, "steps": train}
