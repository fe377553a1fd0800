"""Numbers that are not finite and checkpoints that are damaged."""

import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import torch

from mmctsvg.checkpoints import load_generator
from mmctsvg.engine.finite import find_not_finite
from mmctsvg.models import CTSVG

from .nursery import train
from .trainings import ITERATIONS, differs, leftovers, make_config, train_well


def poisoned(cases: int, seed: int) -> Counter:
    """One number in weights, averages, moments, frames or times becomes nan or infinite.

    The training has to end before it writes any of it, and to go on from what it wrote before as
    if nothing had been; intervals of log, checkpoint and export are random.
    """
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        config, work_dir = make_config(folder), folder / "w"
        straight = folder / "straight"
        train_well([config, "--work-dir", straight], folder / "log")
        for _ in range(cases):
            counts[_poison(rng, config, work_dir, straight)] += 1
            shutil.rmtree(work_dir, ignore_errors=True)
    return counts


def _poison(rng: random.Random, config: Path, work_dir: Path, straight: Path) -> str:
    log, when = work_dir.with_name("log"), rng.randrange(1, ITERATIONS)
    place, value = rng.random(), rng.choice([torch.nan, torch.inf, -torch.inf])
    fault = partial(_fault, when, place, value)
    intervals = {
        "default_hooks.logger.interval": rng.randint(1, 9),
        "default_hooks.checkpoint.interval": rng.randint(1, 3),
        "custom_hooks.0.interval": rng.randint(1, 3),
    }
    options = ["--cfg-options", *(f"{name}={value}" for name, value in intervals.items())]
    arguments = [config, "--work-dir", work_dir, "--resume", *options]
    code, text = train(arguments, log, fault)
    if "Traceback" in text or (code and not re.search(r"^error: .*diverged", text, re.M)):
        return f"ended with code {code} and no sentence"
    for path in work_dir.glob("*.pth"):
        if find_not_finite(torch.load(path, weights_only=True)):
            return "wrote what is not finite"
    if (exported := work_dir / "generator.safetensors").exists():
        load_generator(exported)  # refuses what is not finite
    if code and train(arguments, log)[0]:
        return "did not go on"
    if differs(work_dir, straight):
        return "another result"
    return "noticed" if code else "harmless"


def _fault(
    when: int, place: float, value: float, model: CTSVG, data: dict, optim_wrapper: Mapping
) -> None:
    """Change a number of all there are, the one at a place of 0 to 1, before an iteration."""
    if model.iteration != when:
        return
    moments = [
        tensor
        for wrapper in optim_wrapper.values()
        for state in wrapper.optimizer.state.values()
        for tensor in state.values()
    ]
    tensors = [*model.state_dict().values(), *moments, data["frames"], data["times"]]
    tensors = [tensor for tensor in tensors if tensor.is_floating_point() and tensor.numel()]
    tensor = tensors[int(place * len(tensors))]
    tensor.data.view(-1)[int(place * 1e6) % tensor.numel()] = value


def _resave(change: Callable[[dict], object]) -> Callable:
    def damage(path: Path, rng: random.Random) -> None:
        checkpoint = torch.load(path, weights_only=True)
        change(checkpoint)
        torch.save(checkpoint, path)

    return damage


def _cut(path: Path, rng: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def _flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def _zero(path: Path, rng: random.Random) -> None:
    """As file systems leave files whose machine died."""
    data = path.read_bytes()
    begin = rng.randrange(len(data))
    path.write_bytes(data[:begin] + bytes(len(data) - begin))


#: Damages of the newest checkpoint, and then of the pointer to it.
DAMAGES: dict[str, Callable[[Path, random.Random], object]] = {
    "cut": _cut,
    "flipped": _flip,
    "zeros": _zero,
    "folder": lambda path, rng: (path.unlink(), path.mkdir()),
    "gone": lambda path, rng: path.unlink(),
    "link to nothing": lambda path, rng: (path.unlink(), path.symlink_to(path.parent / "no")),
    "noise": lambda path, rng: path.write_bytes(rng.randbytes(5000)),
    "foreign": _resave(lambda c: c.update(extra=Path("/"))),
    "no part": _resave(lambda c: c.pop("optimizer")),
    "empty part": _resave(lambda c: c.update(optimizer={})),
    "no counter": _resave(lambda c: c["meta"].pop("iter")),
    "another counter": _resave(lambda c: c["meta"].update(iter=10**9)),
    "nan": _resave(lambda c: next(iter(c["state_dict"].values())).fill_(torch.nan)),
}
POINTERS = (b"", b"\xff\xfe\x00", b"/gone/iter_2.pth", b"iter_4.pth\n", b"x" * 5000)


def damaged(cases: int, seed: int) -> Counter:
    """The newest checkpoint or the pointer is damaged; the training goes on from an older one."""
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        config, work_dir, log = make_config(folder), folder / "w", folder / "log"
        straight = folder / "straight"
        train_well([config, "--work-dir", straight], folder / "log")
        for case in range(cases):
            shutil.copytree(straight, work_dir)
            name = list(DAMAGES)[case % len(DAMAGES)]
            DAMAGES[name](work_dir / f"iter_{ITERATIONS}.pth", rng)
            if rng.random() < 0.3:
                (work_dir / "last_checkpoint").write_bytes(rng.choice(POINTERS))
            code, text = train([config, "--work-dir", work_dir, "--resume"], log)
            if name == "folder" and "a folder in the place of" in text and code == 2:
                counts["refused"] += 1  # before anything is trained that could not be written
            elif code or "Traceback" in text:
                counts[f"ended with code {code} after {name}"] += 1
            elif differs(work_dir, straight):
                counts[f"another result after {name}"] += 1
            elif leftovers(work_dir):
                counts[f"a file was left after {name}"] += 1
            else:
                counts["exact"] += 1
            shutil.rmtree(work_dir)
    return counts
