"""Measures how fast triplets can be read: packed, from folders, from videos, and the naive way."""

import argparse
import csv
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from mmctsvg.datasets import CounterSampler, SynthActorsDataset, TripletVideoDataset
from mmctsvg.datasets.converters.convert_clip import encode_picture
from mmctsvg.datasets.converters.pack_writer import PackWriter
from mmctsvg.utils.progress import progress_bar
from mmctsvg.utils.system import resident_memory
from mmctsvg.visualization.video import VideoWriter

BATCH = 16  # triplets of an iteration of the paper
# An iteration of configs/ctsvg_mead_128.py on paper, regularisers spread over their intervals: the
# convolutions by hand (a sum that gives benchmark.py's count at 32 px to half a percent), and 40 %
# of what an H100 SXM does in bf16 (dense), which is much for such networks.
STEP_FLOPS = 62e12
H100_FLOPS = 0.4 * 989e12
SUFFIXES = {"jpg": ".jpg", "png": ".png"}
#: Form of the clips -> its name in the table, the main one first.
NAMES = {
    "jpg": "packed, jpg",
    "png": "packed, png",
    "folder": "folders of jpg",
    "video": "mp4, seeking",
    "list": "the list",
}


class WholeClips(Dataset):
    """Clips read in the naive way: all of a clip is decoded, three frames of it are used."""

    def __init__(self, triplets: TripletVideoDataset) -> None:
        self.triplets = triplets

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.triplets)

    def __getitem__(self, index: int) -> torch.Tensor:
        """Read frames uint8 (3, 3, H, W)."""
        reader = self.triplets.readers[index]
        video = reader.read(np.arange(reader.length))
        start = int(torch.randint(reader.length - 2, ()))
        return torch.from_numpy(video[start : start + 3].transpose(0, 3, 1, 2).copy())


def write_forms(folder: Path, size: int, clips: int, frames: int) -> dict[str, Path]:
    """Write the same clips in every form.

    Args:
        folder: Folder for them.
        size: Side of the frames in pixels.
        clips: Number of clips.
        frames: Number of frames of a clip.

    Returns:
        Form -> list of its clips.
    """
    drawn = SynthActorsDataset(size=size, num_takes=1, length=3, split="all")
    cells = drawn.cells
    packs = {kind: PackWriter(folder / kind / "clips.zip", {}) for kind in SUFFIXES}
    rows: dict[str, list[str]] = {"jpg": [], "png": [], "folder": [], "video": []}
    rng = np.random.default_rng(0)
    for number in progress_bar("drawing", "clip", range(clips)):
        actor, action, _ = cells[number % len(cells)]
        video = drawn.render(actor, action, number, np.arange(frames) * 1.0)
        # Drawings compress better than videos: noise of a camera makes up for that.
        video = np.clip(video + rng.normal(0, 3, video.shape), 0, 255).astype(np.uint8)
        name = f"clip{number:04d}"
        for kind, suffix in SUFFIXES.items():
            pictures = [encode_picture(frame, suffix[1:]) for frame in video]
            packs[kind].append(name, pictures, suffix, {"fps": 30.0})
            rows[kind].append(f"clips.zip/{name}")
            if kind == "jpg":
                (folder / "folder" / name).mkdir(parents=True)
                for k, picture in enumerate(pictures):
                    (folder / "folder" / name / f"{k:06d}.jpg").write_bytes(picture)
        rows["folder"].append(name)
        with VideoWriter(folder / "video" / f"{name}.mp4", fps=30) as writer:
            writer.write(video)
        rows["video"].append(f"{name}.mp4")
    for pack in packs.values():
        pack.close()
    for kind, paths in rows.items():
        with open(folder / kind / "list.csv", "w", newline="") as file:
            csv.writer(file).writerows([["path"], *([path] for path in paths)])
    return {kind: folder / kind / "list.csv" for kind in rows}


def in_process(data: TripletVideoDataset) -> Generator[int]:
    """Read triplets one after another; yield their number at a time."""
    for index in itertools.count():
        data[index]
        yield 1


def through_worker(data: TripletVideoDataset) -> Generator[int]:
    """Read batches through one loader process, as training does."""
    loader = DataLoader(data, BATCH, sampler=CounterSampler(data), num_workers=1)
    for batch in loader:
        yield len(batch["frames"])


def naively(data: TripletVideoDataset) -> Generator[int]:
    """Make a new loader for every step and decode whole clips; without processes to start."""
    whole = WholeClips(data)
    while True:
        yield len(next(iter(DataLoader(whole, min(BATCH, len(whole)), shuffle=True))))


def rate(work: Generator[int], seconds: float) -> tuple[float, float]:
    """Measure triplets by second of the clock, and of processor time, children included."""
    busy, start, count = processor_time(), time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        count += next(work)
    work.close()  # ends the loader's process, whose time counts only then
    return count / elapsed, count / (processor_time() - busy)


def processor_time() -> float:
    """Return the seconds of this process and of its children that have ended."""
    return time.process_time() + sum(os.times()[2:4])


def measure(ways: dict[str, Callable[[], Generator[int]]], args: argparse.Namespace) -> dict:
    """Measure all ways in turn: median rates by clock and by processor time."""
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in progress_bar("measuring", "round", range(args.rounds)):
        for name, way in ways.items():
            rates[name].append(rate(way(), args.seconds))
    return {name: [median(kind) for kind in zip(*r, strict=True)] for name, r in rates.items()}


def memory_of_reads(data: TripletVideoDataset, reads: int) -> list[tuple[int, float]]:
    """Read frames and watch the memory of this process.

    Returns:
        Ten pairs: frames read, and MB that are resident.
    """
    watched, done = [], 0
    for step in progress_bar("reading for memory", "step", range(10)):
        while done < reads * (step + 1) // 10:
            data[done]
            done += 3
        watched.append((done, resident_memory()))
    return watched


def run(args: argparse.Namespace) -> None:
    """Measure and report."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        if args.annotations:
            lists = {"list": args.annotations}
        else:
            lists = write_forms(Path(folder), args.size, args.clips, args.frames)
        options = dict(size=args.size, split="all", crop="center")
        sets = {
            kind: TripletVideoDataset(annotations=str(path), **options)
            for kind, path in lists.items()
        }
        report(sets, args)


def report(sets: dict[str, TripletVideoDataset], args: argparse.Namespace) -> None:
    """Measure all ways that the data sets allow and print the rates."""
    main_set = next(iter(sets.values()))
    ways = {NAMES[kind]: partial(in_process, data) for kind, data in sets.items()}
    ways["one loader process"] = partial(through_worker, main_set)
    if "video" in sets:
        ways["naive: whole mp4, new loader every step"] = partial(naively, sets["video"])
    rates = measure(ways, args)
    slowest = rates[list(ways)[-1]][1]
    print(f"triplets at {args.size} px, medians of {args.rounds} rounds:")
    print(f"  {'':42} {'by second':>10} {'by processor second':>20}")
    for name, (clock, busy) in rates.items():
        print(f"  {name:42} {clock:10.1f} {busy:20.1f}   {busy / slowest:6.1f} x")
    needed = BATCH / (STEP_FLOPS / H100_FLOPS)
    print(
        f"an H100 on paper: {STEP_FLOPS / 1e12:.3g} TFLOP an iteration of {BATCH} triplets at 128 "
        f"px, {STEP_FLOPS / H100_FLOPS * 1e3:.0f} ms, takes {needed:.0f} triplets/s; one loader "
        f"process with a core of its own gives {rates['one loader process'][1]:.0f}"
    )
    watched = memory_of_reads(main_set, args.reads)
    text = ", ".join(f"{done}: {mb:.0f}" for done, mb in watched)
    print(f"MB in memory after reading frames: {text}")
    print(f"growth over the last nine tenths: {watched[-1][1] - watched[0][1]:+.1f} MB")
