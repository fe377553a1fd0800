"""Draws how FVD rises with the strength of five distortions of drawn people.

One half of the takes of SynthActorsDataset is the reference; the other half, spoiled more and more,
is what is measured. Writes ladder.png and ladder.json.

Example:
    python tools/analysis_tools/fvd_ladder.py --out-dir work_dirs/ladder
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmctsvg.utils.errors import UserError, cli


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out-dir", type=Path, default=Path("work_dirs/ladder"))
    parser.add_argument("--clips", type=int, default=40, help="of each half (default: 40)")
    parser.add_argument("--steps", type=int, default=3, help="strengths above 0 (default: 3)")
    parser.add_argument("--size", type=int, default=64, help="pixels (default: 64)")
    parser.add_argument("--frames", type=int, default=16, help="(default: 16)")
    parser.add_argument("--weights", help="of I3D, see tools/weights.py")
    return parser.parse_args(argv)


def make_halves(clips: int, size: int, frames: int):
    """Reference videos, videos to spoil, and for each of these another person with the same motion.

    The clips are spread evenly over people and actions; the halves differ in their takes.
    """
    import numpy as np

    from mmctsvg.datasets import SynthActorsDataset, synth

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
    """Draws the curves."""
    from mmctsvg.visualization.figure import new_figure, write_figure

    figure = new_figure(6, 4)
    axes = figure.subplots()
    for name, values in ladder.items():
        axes.plot(strengths, values, marker="o", label=name)
    axes.set(xlabel="strength of the distortion", ylabel="FVD", ylim=(0, None))
    axes.legend()
    axes.grid(alpha=0.3)
    write_figure(path, figure)


@cli
def main(argv: list[str] | None = None) -> None:
    """Measures and draws."""
    args = parse_args(argv)
    if args.clips < 2 or args.steps < 1:
        raise UserError(f"--clips {args.clips} --steps {args.steps}: at least 2 and 1")
    import numpy as np

    from mmctsvg.analysis.distortions import DISTORTIONS
    from mmctsvg.evaluation.backbones.i3d import SHORTEST, I3DLogits
    from mmctsvg.evaluation.functional.frechet import Moments, frechet_distance
    from mmctsvg.utils.files import write_json
    from mmctsvg.utils.progress import Progress

    if args.frames < SHORTEST:
        raise UserError(f"--frames {args.frames}: the network needs at least {SHORTEST}")
    network = I3DLogits(args.weights)
    reference, videos, others = make_halves(args.clips, args.size, args.frames)
    strengths = [step / args.steps for step in range(args.steps + 1)]
    progress = Progress(args.clips * (2 + args.steps * len(DISTORTIONS)), "videos")

    def moments(videos) -> Moments:
        total = Moments.empty(network.dim)
        for frames in videos:
            total += Moments.of(network(frames[None]))
            progress.step()
        return total

    with progress:
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
    protocol = dict(network=network.name, clips=args.clips, size=args.size, frames=args.frames)
    result = dict(strengths=strengths, fvd=ladder, protocol=protocol)
    write_json(args.out_dir / "ladder.json", result)
    plot(ladder, strengths, args.out_dir / "ladder.png")
    print(f"done: results in {args.out_dir}")
