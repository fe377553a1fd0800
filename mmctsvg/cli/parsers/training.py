"""Command lines of training."""

import argparse

from .common import Parser, at_least, whole


def train(parser: Parser) -> None:
    """Train a model from a config.

    Example:
        %(prog)s configs/ctsvg_synth_actors_32.py --work-dir work_dirs/quickstart
    """
    parser.shared("config", "--work-dir")
    parser.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        metavar="auto|PATH",
        help="go on from the last checkpoint in the work dir, if there is one, or from this one",
    )
    parser.add_argument(
        "--amp",
        nargs="?",
        const="auto",
        choices=("auto", "bf16", "fp16"),
        help="compute convolutions in half precision; auto: bf16 where the hardware has it",
    )
    parser.add_argument("--seed", type=whole, help="seed of data, noise and initial weights")
    parser.shared("--cfg-options", "--launcher")
    # torchrun of old told processes their number so.
    parser.add_argument("--local_rank", "--local-rank", type=int, default=0, help=argparse.SUPPRESS)


def train_recognizer(parser: Parser) -> None:
    """Train the action recogniser of generated videos, and measure it on held-out real clips.

    Skeletons of the real clips (MoveNet, or a pose pickle of MMAction2) are made once and kept
    beside the results; MMAction2's PoseC3D is trained on those of the training clips. The
    recogniser is one file, NAME_OF_CONFIG.pth, which also holds its accuracy on the held-out clips.

    Example:
        %(prog)s configs/recognition/posec3d_weizmann.py
    """
    parser.shared("config", "--work-dir")
    parser.add_argument(
        "--folds",
        type=at_least(0),
        default=0,
        help="first train so many times with a part of the actors left out, and measure on those "
        "(default: not)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on after the folds that are done, from the last checkpoint",
    )
    parser.shared("--cfg-options")
