"""Discs that become full, read-only, unwritable or empty while a training writes to them."""

import ctypes
import os
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mmengine.config import Config

from mmctsvg.engine.resume import iteration_of, read_training
from mmctsvg.models import CTSVG

from .clips import write_clips
from .nursery import train
from .trainings import ITERATIONS, differs, leftovers, make_config, train_well

SIZE, FILES = "64m", 10_000  # of a good disc
_RDONLY, _REMOUNT, _BIND, _DETACH = 1, 32, 4096, 2  # of Linux


def _call(name: str, *arguments: object) -> None:
    """Call a function of the system.

    Raises:
        OSError: If it fails.
    """
    system = ctypes.CDLL(None, use_errno=True)
    given = [os.fsencode(a) if isinstance(a, str | Path) else a for a in arguments]
    if getattr(system, name)(*given):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(disc: Path, flags: int, source: str | Path = "tmpfs", options: str = "") -> None:
    kind = None if flags & _BIND else "tmpfs"
    _call("mount", source, disc, kind, ctypes.c_ulong(flags), options)


def can_mount() -> bool:
    """Whether this process may mount file systems."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            _mount(Path(folder), 0)
        except (AttributeError, OSError):
            return False
        _call("umount2", folder, _DETACH)
    return True


def _fill(disc: Path, share: float) -> None:
    space = os.statvfs(disc)
    left = int(share * 200) * 4096 if share > 0.2 else 0  # a toy's checkpoint has 500 kB
    _mount(disc, _REMOUNT, options=f"size={(space.f_blocks - space.f_bfree) * 4096 + left}")


def _use_up(disc: Path, share: float) -> None:
    space = os.statvfs(disc)
    files = space.f_files - space.f_ffree + int(10 * share)
    _mount(disc, _REMOUNT, options=f"nr_inodes={files}")


def _protect(disc: Path, share: float) -> None:
    """Cover it by itself, read-only; what is open is written to the disc below."""
    _mount(disc, _BIND, disc)
    _mount(disc, _BIND | _REMOUNT | _RDONLY)


def _clear(disc: Path, share: float) -> None:
    for path in disc.iterdir():
        shutil.rmtree(path)


def _forbid(disc: Path, share: float) -> None:
    """Take the right to write from all folders, and from root the right to write nevertheless."""
    for folder, _, _ in os.walk(disc, topdown=False):
        os.chmod(folder, 0o555)
    version, none = 0x20080522, (ctypes.c_uint32 * 6)()
    _call("capset", (ctypes.c_uint32 * 2)(version, 0), none)


#: What becomes of a disc, for a number of 0 to 1 that says how much is left.
KINDS: dict[str, Callable[[Path, float], None]] = {
    "full": _fill,
    "no inodes": _use_up,
    "read-only": _protect,
    "removed": _clear,
    "unwritable": _forbid,
}


def _mend(disc: Path, kind: str) -> None:
    if kind == "read-only":
        _call("umount2", disc, _DETACH)
    for folder, _, _ in os.walk(disc):
        os.chmod(folder, 0o755)
    _mount(disc, _REMOUNT, options=f"size={SIZE},nr_inodes={FILES}")


def _fault(when: int, kind: str, disc: Path, share: float, model: CTSVG, *_: object) -> None:
    """Spoil a disc before an iteration."""
    if model.iteration == when:
        KINDS[kind](disc, share)


def spoilt(cases: int, seed: int) -> Counter:
    """The disc of work dir and cache is spoilt at a random iteration, or before the start.

    The training has to end in a sentence, or to come to its end; the checkpoints of before are
    kept, and once the disc is mended it goes on to the same end.
    """
    if not can_mount():
        advice = "as another user than root run it by: unshare -rm"
        return Counter({f"nothing, because mounts are not allowed; {advice}": 1})
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder, disc = Path(folder), Path(folder) / "disc"
        disc.mkdir()
        configs = _make_configs(folder, disc)
        for case in range(cases):
            kind = list(KINDS)[case % len(KINDS)]
            config = rng.choice(configs)
            if not config.with_suffix("").exists():
                train_well([config, "--work-dir", config.with_suffix("")], folder / "log")
            _mount(disc, 0, options=f"size={SIZE},nr_inodes={FILES},mode=755")
            try:
                result = _spoil(rng, disc, kind, config)
            finally:
                _call("umount2", disc, _DETACH)
            good = result in ("exact", "noticed")
            counts[result if good else f"{result} after {kind}"] += 1
    return counts


def _make_configs(folder: Path, disc: Path) -> list[Path]:
    """Write a config of drawn actors with a validation and one of clips, with the cache there."""
    configs = []
    dataset = write_clips(folder / "data", "folders")
    for name in ("drawn", "clips"):
        cfg = Config.fromfile(make_config(folder))
        cfg.custom_hooks += [
            dict(type="VideoGridHook", rows=1, columns=1, frames=2),
            dict(type="CurvesHook"),
        ]
        if name == "clips":
            cfg.train_dataloader.dataset = dataset
        else:
            cfg.val_cfg = dict(type="VideoValLoop")
            cfg.val_dataloader = dict(
                batch_size=1,
                dataset=dict(split="test"),
                sampler=dict(type="DefaultSampler", shuffle=False),
            )
            cfg.val_evaluator = dict(type="SynthTruth", frames=4, motions=1)
        configs.append(folder / f"{name}.py")
        cache = f"__import__('os').environ['XDG_CACHE_HOME'] = {str(disc / 'cache')!r}\n"
        configs[-1].write_text(cache + cfg.pretty_text, encoding="utf-8")
    return configs


def _spoil(rng: random.Random, disc: Path, kind: str, config: Path) -> str:
    work_dir, straight, log = disc / "w", config.with_suffix(""), disc.with_name("log")
    when, share = rng.randrange(-1, ITERATIONS), rng.random()
    checkpoints = rng.randint(1, 3)
    names = ["default_hooks.logger", *(f"custom_hooks.{number}" for number in range(3))]
    intervals = {f"{name}.interval": rng.choice([1, 1, 2, 3, 6]) for name in names}
    intervals["train_cfg.val_interval"] = 2
    options = [f"{name}={value}" for name, value in intervals.items()]
    arguments = [config, "--work-dir", work_dir, "--resume", "--cfg-options"]
    arguments.append(f"default_hooks.checkpoint.interval={checkpoints}")
    kept, fault = when // checkpoints * checkpoints, partial(_fault, when, kind, disc, share)
    if when < 0:
        kept = 0
        if rng.random() < 0.7:  # one to go on with
            shutil.copytree(straight, work_dir)
            (work_dir / f"iter_{ITERATIONS}.pth").unlink()
            kept = iteration_of(next(work_dir.glob("*.pth")))
        if kind == "unwritable":
            fault = partial(_fault, kept, kind, disc, share)
        else:
            KINDS[kind](disc, share)
    code, text = train([*arguments, *options], log, fault)
    if "Traceback" in text or code not in (0, 2):
        return f"ended with code {code} and a traceback"
    if code and len(re.findall("^error: ", text, re.M)) != 1:
        return "ended without a sentence"
    found = [iteration_of(path) for path in work_dir.glob("*.pth") if read_training(path)]
    if kind != "removed" and max(found, default=0) < kept:
        return "lost a checkpoint"
    if not code and max(found, default=0) < ITERATIONS:
        return "lost iterations without a word"
    _mend(disc, kind)
    again, text = train(arguments, log)
    if again:
        return "did not go on"
    if differs(work_dir, straight):
        return "another result"
    # Where the disc was emptied there may be a single checkpoint.
    if [path for path in leftovers(work_dir) if kind != "removed" or path.name[0] == "."]:
        return "left a file"
    return "noticed" if code else "exact"
