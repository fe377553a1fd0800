"""Draws how FVD rises with the strength of five distortions of drawn people."""

import argparse
from pathlib import Path

import numpy as np

from mmctsvg.analysis.distortions import DISTORTIONS
from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.evaluation.backbones.i3d import I3DLogits
from mmctsvg.evaluation.functional.frechet import Moments, frechet_distance
from mmctsvg.utils.files import write_json
from mmctsvg.utils.progress import progress_bar
from mmctsvg.visualization.figure import new_figure, write_figure

from .arguments import pick


def make_halves(clips: int, size: int, frames: int):
    """Return reference videos, videos to spoil, and other people's with the same motion.

    The clips are spread evenly over people and actions; the halves differ in their takes.
    """
    dataset = SynthActorsDataset(size=size)
    people, actions = len(synth.PEOPLE), len(synth.ACTIONS)

    def video(number: int, half: int, person: int):
        take = 2 * (number // (people * actions)) + half
        action = number // people % actions
        return dataset.render((number + person) % people, action, take, np.arange(frames))

    return tuple(
        [video(number, half, person) for number in range(clips)]
        for half, person in ((0, 0), (1, 0), (1, 1))
    )


def plot(ladder: dict[str, list[float]], strengths, path: Path) -> None:
    """Draw the curves."""
    figure = new_figure(6, 4)
    axes = figure.subplots()
    for name, values in ladder.items():
        axes.plot(strengths, values, marker="o", label=name)
    axes.set(xlabel="strength of the distortion", ylabel="FVD", ylim=(0, None))
    axes.legend()
    axes.grid(alpha=0.3)
    write_figure(path, figure)


def run(args: argparse.Namespace) -> None:
    """Measure and draw."""
    network = I3DLogits(args.i3d)
    reference, videos, others = make_halves(args.clips, args.size, args.frames)
    strengths = [step / args.strengths for step in range(args.strengths + 1)]
    total = args.clips * (2 + args.strengths * len(DISTORTIONS))

    def moments(videos) -> Moments:
        found = Moments.empty(network.dim)
        for frames in videos:
            found += Moments.of(network(frames[None]))
            progress.update()
        return found

    with progress_bar("measuring", "video", total=total) as progress:
        real = moments(reference)
        floor = frechet_distance(real, moments(videos))
        ladder = {name: [floor] for name in DISTORTIONS}
        for name, distort in DISTORTIONS.items():
            for strength in strengths[1:]:
                rng = np.random.default_rng(0)
                pairs = zip(videos, others, strict=True)
                spoiled = moments(distort(f, o, strength, rng) for f, o in pairs)
                ladder[name].append(frechet_distance(real, spoiled))
    for name, values in ladder.items():
        print(f"{name:>14}: " + "  ".join(f"{value:.0f}" for value in values))
    protocol = {"network": network.name, **pick(args, "clips", "size", "frames")}
    result = dict(strengths=strengths, fvd=ladder, protocol=protocol)
    write_json(args.out_dir / "ladder.json", result)
    plot(ladder, strengths, args.out_dir / "ladder.png")
    print(f"done: results in {args.out_dir}")
