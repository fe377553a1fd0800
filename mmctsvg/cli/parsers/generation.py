"""Command lines that make videos."""

import argparse
import math
from pathlib import Path

from .common import Parser, above_zero, comma_list


def times(text: str) -> list[float]:
    """Type for argparse: times as ``START:STOP``, ``START:STOP:STEP`` or ``0,0.5,2``, in frames."""
    try:
        numbers = [float(part) for part in text.replace(":", ",").split(",")]
        if ":" in text:
            start, stop, step = numbers if len(numbers) == 3 else (*numbers, 1.0)
            # STOP is no frame, even where rounding makes of 3 steps 3.0000000000000004.
            count = math.ceil((stop - start) / step - 1e-9)
            numbers = [start + step * i for i in range(count)]
    except (ValueError, ZeroDivisionError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text}: write START:STOP, START:STOP:STEP or numbers like 0,0.5,2"
        ) from None
    if not numbers or not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(f"{text}: has no frame in it, or one at no finite time")
    return numbers


def _add_contents(parser: Parser) -> None:
    """Add the options of people, actions and motions."""
    source = parser.add_mutually_exclusive_group(required=True)
    # SUPPRESS: a positional that is not given would put its default over the value of --demo.
    parser.shared("weights", group=source, nargs="?", default=argparse.SUPPRESS)
    demo = {"dest": "weights", "action": "store_const", "const": "demo"}
    text = "the model in the package"
    source.add_argument("--demo", **demo, default=argparse.SUPPRESS, help=text)
    parser.shared("--tuning", "--actors", "--actions")
    motions = parser.add_mutually_exclusive_group()
    seeds = "of the motions: 0,5,9, or 0:4 (default: 0; 0:4 if the model knows no actions)"
    parser.shared("--seeds", group=motions, help=seeds)
    motion = "show this one beside its clip: motion.safetensors, or the number of a seed"
    motions.add_argument("--motion", metavar="MOTION", help=motion)
    parser.shared("--any-weights")
    parser.add_argument(
        "--start",
        action="append",
        metavar="CLIP",
        help="a video, folder of pictures or clips.zip/NAME whose first frame begins a row of "
        "videos, of a model that needs one; give it several times for several rows",
    )


def _add_times(parser: Parser) -> None:
    """Add the options of times, and of what is shown beside a motion."""
    add = parser.add_argument
    length = parser.add_mutually_exclusive_group()
    parser.shared(
        "--frames",
        group=length,
        help="length, at times 0, 1, 2, ... (default: as the motion's clip was, 4 seconds of a "
        "seed's motion, else 32)",
    )
    parser.shared("--seconds", group=length, help="length in seconds")
    length.add_argument(
        "--times",
        type=times,
        help="START:STOP:STEP or a list 0,0.5,2, in frames of the training; --times=-8:8:1 begins "
        "before 0",
    )
    add("--speed", type=above_zero, help="pace of --motion: 0.5 is slow motion")
    add("--reverse", action="store_true", help="play --motion backwards")
    add("--clip", help="shown above --motion: path, or none (default: its clip, if that is there)")
    add(
        "--sync",
        choices=("auto", "drawn", "lips", "none"),
        help="what of --motion is measured: drawn people, lips, nothing, or what can be "
        "(default: auto)",
    )


def _add_output(parser: Parser) -> None:
    """Add the options of the files."""
    add = parser.add_argument
    parser.shared("--fps", help="of the video (default: the motion's clip's, or the training's)")
    add(
        "--format",
        type=comma_list("mp4", "gif", "png", "sheet"),
        default="mp4,sheet",
        help="some of mp4, gif, png (a folder of frames for every video), sheet",
    )
    add(
        "--noise",
        choices=("fixed", "zero", "stored", "random"),
        help="noise of the layers; random is new for every frame "
        "(default: random if trained with layer_noise='official', else fixed)",
    )
    parser.shared("--precision")
    parser.results("samples")


def generate(parser: Parser) -> None:
    r"""Generate videos of any actors doing any actions, with any motions, of any length.

    Writes a video (rows: actors, columns: actions, all moving by one motion vector) and its contact
    sheet. Memory does not depend on the length.

    With --motion, one motion is shown on other people: at its own pace, beside the clip that it
    came from and the clip's person as the inversion found them. How well all people keep in step is
    measured at once: by their lips (needs dlib), or by the truth of the drawn people.

    Examples:
        %(prog)s --demo
        %(prog)s work_dirs/quickstart/generator.safetensors \
            --actors Mia,Omar --actions wave,2 --seeds 0,7 --frames 64 --out-dir videos
        %(prog)s --demo --times 0:32:0.25 --fps 60 --format mp4,gif,sheet
        %(prog)s generator.safetensors --motion inversion/motion.safetensors --speed 0.5 --reverse
        %(prog)s --demo --motion 3 --actors Mia,Omar --actions wave,nod --seconds 3
    """
    _add_contents(parser)
    _add_times(parser)
    _add_output(parser)


def choreograph(parser: Parser) -> None:
    """Render a video from a script that says who does what, with which motion, from when on.

    A script is a small YAML file; docs/guides/choreography.md explains all of it:

        length: 6 s
        score:
          0 s: {actor: Mia, action: nod, motion: 3}
          2 s: {action: wave, smooth: 0.5 s}
          4 s: {actor: Omar, slerp: 1 s}
        time: {0 s: 0 s, 3 s: 1.5 s, 6 s: 4.5 s}

    It is checked completely before anything is rendered.

    Examples:
        %(prog)s script.yaml demo
        %(prog)s script.yaml generator.safetensors --sound speech.mp4 --out-dir video
        %(prog)s script.yaml generator.safetensors --check
    """
    add = parser.add_argument
    add("script", type=Path, metavar="SCRIPT", help="a YAML file")
    parser.shared("weights")
    add("--check", action="store_true", help="check the script and draw its score only")
    parser.shared("--any-weights", "--tuning")
    add("--sound", type=Path, help="a video whose sound is put under this one")
    parser.shared("--chunk")
    parser.results("choreography")
