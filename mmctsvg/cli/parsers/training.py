"""Command lines of training."""

import argparse

from .common import Parser, above_zero, at_least, whole

_OVERWRITE = "remove the checkpoints in the work dir first"


def train(parser: Parser) -> None:
    """Train a model from a config.

    Example:
        %(prog)s configs/ctsvg_synth_actors_32.py --work-dir work_dirs/quickstart
    """
    add = parser.add_argument
    parser.shared("config", "--work-dir")
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


def train_recognizer(parser: Parser) -> None:
    """Train the action recogniser of generated videos, and measure it on held-out real clips.

    Skeletons of the real clips (MoveNet, or a pose pickle of MMAction2) are made once and kept
    beside the results; MMAction2's PoseC3D is trained on those of the training clips. The
    recogniser is one file, NAME_OF_CONFIG.pth, which also holds its accuracy on the held-out clips.

    Example:
        %(prog)s configs/recognition/posec3d_weizmann.py
    """
    add = parser.add_argument
    parser.shared("config", "--work-dir")
    add("--folds", type=at_least(0), default=0, help="trainings before, each without some actors")
    add(
        "--resume",
        nargs="?",
        const="auto",
        choices=("auto",),
        help="go on after finished folds, or the last checkpoint",
    )
    add("--overwrite", action="store_true", help=_OVERWRITE)
    parser.shared("--cfg-options")
