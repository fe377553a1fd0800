"""Times two checkouts of this package in turns: the ratio holds whatever else the machine does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import mmctsvg
from mmctsvg.utils.errors import UserError

_HERE = Path(mmctsvg.__file__).parents[1]
_WORKER = Path(__file__).with_name("benchmark_worker.py")


class Build:
    """A checkout at work in a process of its own.

    Args:
        tree: Folder of the checkout.
        request: Arguments of `mmctsvg.cli.benchmark_worker.serve`.

    Attributes:
        shares: Name of a kind of work -> its share of a training's iterations.
        memory: Largest memory of the process so far, in GiB.

    Raises:
        UserError: If the folder is no checkout, or its code cannot do the work.
    """

    def __init__(self, tree: Path, request: dict) -> None:
        if not (tree / "mmctsvg" / "__init__.py").exists():
            raise UserError(f"{tree}: no checkout of mmctsvg, give a folder that holds mmctsvg/")
        self._tree, self.memory = tree, 0.0
        # -P: the worker's folder must not come before the checkout.
        command = [sys.executable, "-P", str(_WORKER), json.dumps(request)]
        env, pipe = os.environ | {"PYTHONPATH": str(tree)}, subprocess.PIPE
        self._process = subprocess.Popen(command, env=env, text=True, stdin=pipe, stdout=pipe)
        self.shares: dict[str, float] = self._answer()

    def time(self, name: str) -> float:
        """Do some work once and return the seconds, on a CPU those of the processor."""
        print(name, file=self._process.stdin, flush=True)
        seconds, self.memory = self._answer()
        return seconds

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise UserError(
                f"{self._tree}: its process ended with code {code} (see above); a checkout from "
                "before version 0.1.0 cannot be measured"
            )
        return json.loads(line)


def compare(other: Path, request: dict, rounds: int) -> None:
    """Print the ratio of the durations of every kind of work, another checkout's over this one's.

    Args:
        other: Folder of the other checkout.
        request: Arguments of `mmctsvg.cli.benchmark_worker.serve`.
        rounds: Number of times that each does all the work, in turns; medians count.

    Raises:
        UserError: As `Build` does.
    """
    builds = [Build(other.resolve(), request), Build(_HERE, request)]
    shares = builds[1].shares
    print(f"{'milliseconds':28s} {'other':>9s} {'this':>9s}  ratio (lowest to highest round)")
    spent = {name: [] for name in shares}
    for turn in range(rounds):
        for name, pairs in spent.items():
            order = (0, 1) if turn % 2 else (1, 0)  # the first to work wakes the processor up
            times = {side: builds[side].time(name) for side in order}
            pairs.append((times[0], times[1]))
    means = [0.0, 0.0]
    for name, pairs in spent.items():
        both = [median(times) for times in zip(*pairs, strict=True)]
        means = [mean + shares[name] * time for mean, time in zip(means, both, strict=True)]
        ratios = sorted(before / after for before, after in pairs)
        _show(name, both, f" ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    _show("training, mean iteration", means)
    memory = [build.memory for build in builds]
    print(f"{'peak memory, GiB':28s} {memory[0]:9.2f} {memory[1]:9.2f}")
    for build in builds:
        build.close()


def _show(name: str, seconds: list[float], spread: str = "") -> None:
    before, after = seconds
    print(f"{name:28s} {1e3 * before:9.2f} {1e3 * after:9.2f}  {before / after:.2f}{spread}")
