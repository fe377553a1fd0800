"""Command lines of training."""

import argparse
from pathlib import Path

from .common import Parser, above_zero, at_least, whole

_OVERWRITE = "remove the checkpoints in the work dir first"


def train(parser: Parser) -> None:
    """Train a model from a config, or on clips of one's own, whose size chooses the config.

    Examples:
        %(prog)s configs/ctsvg_synth_actors_32.py --work-dir work_dirs/quickstart
        %(prog)s --data clips
    """
    add = parser.add_argument
    parser.shared("config", nargs="?")
    add(
        "--data",
        type=Path,
        metavar="CLIPS",
        help="folder ACTOR/ACTION/CLIP.mp4 or CSV list, in place of the config's data set",
    )
    parser.shared("--work-dir")
    add(
        "--resume",
        nargs="?",
        const="auto",
        metavar="auto|PATH",
        help="go on from the last checkpoint in the work dir, if there is one, or from this one",
    )
    add("--overwrite", action="store_true", help=_OVERWRITE)
    add(
        "--skip-bad-clips",
        dest="allow_bad_clips",
        action="store_true",
        help="go on past clips that cannot be read, up to 5 %% of them, and name them",
    )
    add(
        "--amp",
        nargs="?",
        const="auto",
        choices=("auto", "bf16", "fp16"),
        help="compute convolutions in half precision; auto: bf16 where the hardware has it",
    )
    add(
        "--minutes",
        type=above_zero,
        help="make the training as short as this machine needs to be done by then",
    )
    add("--seed", type=whole, help="seed of data, noise and initial weights")
    parser.shared("--cfg-options", "--launcher")
    # How old versions of torchrun number the processes.
    add("--local_rank", "--local-rank", type=int, default=0, help=argparse.SUPPRESS)


def watch(parser: Parser) -> None:
    """Show in the terminal how a training goes: progress, time left, curves, last sheet.

    It only reads files of the work dir; Ctrl-C ends the watching, not the training.

    Example:
        %(prog)s work_dirs/quickstart
    """
    add = parser.add_argument
    add("work_dir", type=Path, metavar="WORK_DIR", help="work dir of a training")
    add("--every", type=above_zero, default=5.0, help="seconds from one look to the next")
    add("--once", action="store_true", help="look once, as where the output is no terminal")


def config(parser: Parser) -> None:
    """Print a config as it is after all inheritance, or what its training takes here.

    Examples:
        %(prog)s configs/ctsvg_weizmann_64.py
        %(prog)s ctsvg_weizmann_64 --dry-run --cfg-options train_dataloader.batch_size=4
    """
    parser.shared("config")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="run some iterations, throw them away, and print parameters, memory and time",
    )
    parser.shared("--cfg-options")


def _add_recognition(parser: Parser, resume: str) -> None:
    """Add what the trainings for recognition share; the help of --resume differs."""
    add = parser.add_argument
    parser.shared("config", "--work-dir")
    add("--resume", nargs="?", const="auto", choices=("auto",), help=resume)
    add("--overwrite", action="store_true", help=_OVERWRITE)
    parser.shared("--cfg-options")


def train_recognizer(parser: Parser) -> None:
    """Train the action recogniser of generated videos, and measure it on held-out real clips.

    Skeletons of the real clips (MoveNet, or a pose pickle of MMAction2) are made once and kept
    beside the results; MMAction2's PoseC3D is trained on those of the training clips. The
    recogniser is one file, NAME_OF_CONFIG.pth, which also holds its accuracy on the held-out clips.

    Example:
        %(prog)s configs/recognition/posec3d_weizmann.py
    """
    _add_recognition(parser, "go on after finished folds, or the last checkpoint")
    text = "trainings before, each without some actors"
    parser.add_argument("--folds", type=at_least(0), default=0, help=text)


def train_pose(parser: Parser) -> None:
    """Train the network that finds skeletons in depth, and measure it on people left out.

    It learns from the skeletons that UTD-MHAD gives out with its depth clips. The network is one
    file, NAME_OF_CONFIG.pth, which also holds its error on the people left out; recognisers and
    ActionAccuracy take it as their source of skeletons.

    Example:
        %(prog)s configs/recognition/pose_utd_mhad_depth.py
    """
    _add_recognition(parser, "go on from the last checkpoint")
