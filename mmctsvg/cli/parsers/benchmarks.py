"""Command lines that measure speed."""

from pathlib import Path

from .analysis import add_recovery_clips
from .common import Parser, at_least


def benchmark(parser: Parser) -> None:
    """Measure how fast a config trains and renders here, against what the hardware can do.

    Rendering is measured twice in turns: the plain synthesis network, and a stream of the
    inferencer.

    Examples:
        %(prog)s configs/ctsvg_mead_128.py --size 32 --batch-size 4
        %(prog)s configs/ctsvg_mead_128.py --only-rendering --render-size 32 64 128
        %(prog)s configs/ctsvg_synth_actors_32.py --against ../mmctsvg_before --repeats 20
    """
    add = parser.add_argument
    parser.shared("config")
    parser.shared("--size", type=at_least(1), help="of the frames (default: the config's)")
    add("--batch-size", type=at_least(1), help="triplets (default: the config's)")
    parser.shared("--precision", nargs="+", default=["fp32", "bf16"])
    add("--repeats", type=at_least(1), default=3, help="of every measurement; medians count")
    add("--render-size", type=at_least(1), nargs="+", help="rendered sizes (default: --size)")
    parser.shared("--chunk", nargs="+", default=[1, 16])
    add("--only-rendering", action="store_true", help="train nothing")
    add(
        "--against",
        type=Path,
        metavar="CHECKOUT",
        help="another checkout (git worktree add): the two work in turns, in the first precision, "
        "and the ratio of their times is printed",
    )
    add("--json", type=Path, metavar="FILE", help="write the numbers as JSON, too")
    parser.shared("--device")


def benchmark_data(parser: Parser) -> None:
    """Measure how fast triplets can be read: packed, from folders, from videos, and naively.

    The same drawn clips are written in every form and read in turn, several rounds in one run.
    Rates are given by the clock and by processor time: the second is what a core gives that has
    nothing else to do, and the ratios are made of it.

    Example:
        %(prog)s
        %(prog)s --annotations data/mead/annotations.csv
    """
    add = parser.add_argument
    add("--annotations", help="measure this list instead of drawn clips in all forms")
    parser.shared("--size", default=128)
    add("--clips", type=at_least(1), default=20, help="number of clips")
    parser.shared("--frames", type=at_least(3), default=110, help="of a clip; MEAD: 60 to 170")
    parser.shared("--seconds", default=2.0, help="length of each measurement")
    add("--rounds", type=at_least(1), default=3, help="medians count")
    add("--reads", type=at_least(30), default=100_000, help="frames for the test of memory")


def benchmark_inversion(parser: Parser) -> None:
    """Measure the inversion: the official preset against the default, on the same clips.

    Prints for every clip and side the loss over all frames, the seconds it took (on a CPU those of
    the processor, whatever else runs), and what the official side had reached in the time that the
    default took. Writes benchmark.json and curves.png.

    Examples:
        %(prog)s demo --synth 2 --frames 24 --lpips none
        %(prog)s generator.safetensors --clips clips/*.mp4 --crop face --steps 120 500
    """
    parser.shared("weights")
    add_recovery_clips(parser)
    parser.shared("--frames", type=at_least(2), default=48, help="at most")
    parser.shared("--steps", nargs="+", help="of the default preset, one side for each number")
    parser.shared("--lpips")
    parser.results("benchmark_inversion")
