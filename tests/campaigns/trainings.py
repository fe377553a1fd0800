"""Faults injected into trainings: whatever happens, the end is that of a training left alone."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.config import Config

from mmctsvg.engine.resume import read_training
from mmctsvg.utils.errors import UserError
from tests.conftest import ROOT, TOY

from .nursery import Training, children_of, train

ITERATIONS = 6
ASKING = (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP, signal.SIGINT)


def make_config(folder: Path, workers: int = 0) -> Path:
    """Write a config of a training of about a second with a checkpoint every 2 iterations."""
    path = folder / f"toy_{workers}.py"
    path.write_text(TOY.format(root=ROOT), encoding="utf-8")
    cfg = Config.fromfile(path)
    cfg.train_dataloader.update(num_workers=workers, persistent_workers=False)
    cfg.train_cfg.max_iters = ITERATIONS
    cfg.default_hooks.checkpoint.interval = 2
    cfg.custom_hooks = [dict(type="ExportHook", interval=2)]
    cfg.dump(path)
    return path


def train_well(arguments: list, log: Path, world_size: int = 1) -> None:
    """Train without a fault.

    Raises:
        RuntimeError: If that fails.
    """
    code, text = train(arguments, log, world_size=world_size)
    if code:
        raise RuntimeError(text)


def orphans(session: int) -> bool:
    """Whether any process of a child's session is left; loader processes have seconds to notice."""
    for _ in range(200):
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


def differs(work_dir: Path, straight: Path) -> bool:
    """Whether a finished training has other weights or optimisers than the straight one."""
    name = f"iter_{ITERATIONS}.pth"
    ours, theirs = (read_training(folder / name) for folder in (work_dir, straight))
    parts = ("state_dict", "optimizer")
    return not all(_equal(ours[part], theirs[part]) for part in parts)


def _equal(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    return a == b


def leftovers(work_dir: Path) -> list[Path]:
    """List half-written files, locks and checkpoints that should have been removed."""
    checkpoints = sorted(path.name for path in work_dir.glob("*.pth"))
    right = len(checkpoints) == 2 and checkpoints[-1] == f"iter_{ITERATIONS}.pth"
    return [*work_dir.rglob(".*"), *([] if right else work_dir.glob("*.pth"))]


def interrupt(
    cases: int,
    seed: int,
    strike: Callable[[random.Random, Training], object],
    right: tuple,
    world_size: int = 1,
) -> Counter:
    """Strike at a random time, then let the training finish.

    Args:
        cases: Number of trainings.
        seed: Seed of times and signals.
        strike: Function of the draw and the training.
        right: Exit codes that are right for a training that was interrupted.
        world_size: Number of processes of each training.

    Returns:
        Count of each result; ``exact`` is the only good one.
    """
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        log, straight, work_dir = folder / "log", folder / "straight", folder / "w"
        configs = [make_config(folder, workers) for workers in (0, 2)]
        begin = time.monotonic()
        train_well([configs[0], "--work-dir", straight], log, world_size)
        duration = time.monotonic() - begin
        for case in range(cases):
            arguments = [configs[case % 2], "--work-dir", work_dir, "--resume"]
            training = Training(arguments, log, world_size=world_size)
            time.sleep(rng.uniform(0, 1.2 * duration))
            with contextlib.suppress(ProcessLookupError):
                strike(rng, training)
            code = training.finish()
            text = log.read_text(errors="replace")
            left = orphans(training.process)
            again, _ = train(arguments, log, world_size=world_size)
            if left:
                counts["a process was left"] += 1
            elif code not in (0, *right) or "Traceback" in text:
                counts[f"ended with code {code}"] += 1
            elif again:
                counts["did not go on"] += 1
            elif differs(work_dir, straight):
                counts["another result"] += 1
            elif leftovers(work_dir):
                counts["a file was left"] += 1
            else:
                counts["exact"] += 1
            shutil.rmtree(work_dir, ignore_errors=True)
    return counts


def _kill(rng: random.Random, training: Training) -> None:
    os.kill(training.process, signal.SIGKILL)


def _kill_some(rng: random.Random, training: Training) -> None:
    """Kill the first process, the other one, or both.

    Before they are connected both: a rank that is alone then waits half an hour for the other, and
    it is torchrun that ends it.
    """
    ranks = [training.process, *training.ranks()]
    victim = rng.choice([*ranks, None])
    if victim is None or "training on 2 x" not in training.log.read_text(errors="replace"):
        os.killpg(training.process, signal.SIGKILL)
    else:
        os.kill(victim, signal.SIGKILL)


def _ask(rng: random.Random, training: Training) -> None:
    os.kill(training.process, rng.choice(ASKING))


def killed(cases: int, seed: int) -> Counter:
    """SIGKILL at random times, with 0 and 2 loader processes in turn."""
    return interrupt(cases, seed, _kill, (-signal.SIGKILL,))


def killed_ranks(cases: int, seed: int) -> Counter:
    """SIGKILL of one or both of two processes at random times; the other has to end too."""
    return interrupt(cases, seed, _kill_some, (1, 2, -signal.SIGKILL), world_size=2)


def asked(cases: int, seed: int) -> Counter:
    """Signals that ask for an end; before and after the training itself they end it at once."""
    return interrupt(cases, seed, _ask, (130, *(-number for number in ASKING)))


def flipped(cases: int, seed: int) -> Counter:
    """One bit of a checkpoint of a training."""
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        config = make_config(folder)
        train_well([config, "--work-dir", folder / "w"], folder / "log")
        path = folder / "w" / f"iter_{ITERATIONS}.pth"
        data, right = path.read_bytes(), read_training(path)
        copy = folder / path.name
        for case in range(cases):
            near_ends = rng.choice([rng.randrange(4096), len(data) - 1 - rng.randrange(16384)])
            place = near_ends if case % 2 else rng.randrange(len(data))
            changed = bytearray(data)
            changed[place] ^= 1 << rng.randrange(8)
            copy.write_bytes(changed)
            try:
                read = read_training(copy)
            except UserError:
                counts["noticed"] += 1
                continue
            parts = ("state_dict", "optimizer", "meta")
            same = all(_equal(read[part], right[part]) for part in parts)
            counts["harmless" if same else "silently another"] += 1
    return counts


def ranks(cases: int, seed: int) -> Counter:
    """One of two processes, or their launcher, is killed or stopped at a random iteration.

    The others have to end within a minute, in one sentence, and a single process goes on from the
    last checkpoint to the end.
    """
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        config, work_dir, log = make_config(folder), folder / "w", folder / "log"
        cfg = Config.fromfile(config)
        cfg.train_cfg.max_iters = 10**6  # until it is ended
        cfg.dump(config)
        for _ in range(cases):
            victim, number = rng.choice(
                [("1", signal.SIGKILL), ("1", signal.SIGSTOP), ("launcher", signal.SIGKILL)]
            )
            name = f"{'rank 1' if victim == '1' else 'launcher'} {number.name}"
            counts[f"{name}: {_lose(victim, number, config, work_dir, log, rng)}"] += 1
            shutil.rmtree(work_dir, ignore_errors=True)
    return counts


def _lose(victim: str, number: int, config: Path, work_dir: Path, log: Path, rng) -> str:
    """Lose a process of a training of two, and say what came of it."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    options = [config, "--work-dir", work_dir, "--launcher", "pytorch"]
    with open(log, "w") as output:
        launcher = subprocess.Popen(
            list(map(str, [*launch, ROOT / "tools" / "train.py", *options])),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait(lambda: (work_dir / "last_checkpoint").exists(), 300)
        time.sleep(rng.uniform(0, 2))
        process = launcher.pid if victim == "launcher" else _child(launcher.pid, int(victim))
        begin = time.monotonic()
        os.kill(process, number)
        others = [p for p in children_of(launcher.pid) if p != process]
        _wait(lambda: not any(map(_runs, others)), 120)
        took = time.monotonic() - begin
        if any(map(_runs, others)):
            return "the others went on"
        text = log.read_text(errors="replace")
        said = "error: " in text
        return ("ended" if took < 60 else "ended late") + ("" if said else " without a sentence")
    finally:
        for process in [*children_of(launcher.pid), launcher.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        launcher.wait()


def _wait(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.1)


def _runs(process: int) -> bool:
    """Whether a process exists and is no zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _child(launcher: int, rank: int) -> int:
    """Return the process of a rank."""
    for process in children_of(launcher):
        if f"\0RANK={rank}\0".encode() in Path(f"/proc/{process}/environ").read_bytes():
            return process
    raise RuntimeError(f"there is no rank {rank}")
