"""Command lines of studies."""

import argparse
from pathlib import Path

from .common import Parser, above_zero, at_least, finite, one_of


def add_recovery_clips(parser: Parser) -> None:
    """Add the options for the clips that are inverted."""
    add = parser.add_argument
    add("--clips", nargs="+", type=Path, default=[], help="videos or folders of pictures")
    add("--synth", type=at_least(0), default=0, metavar="N", help="drawn clips, never trained on")
    parser.shared("--actor", help="who is in all --clips (default: the most alike, for every clip)")
    parser.shared("--action", help="what is done in all --clips (default: the most alike)")
    parser.shared("--crop", help="what is cut out of --clips; face: the largest")


def disentanglement(parser: Parser) -> None:
    """Measure how much of the motion stays when the content changes, and the other way round.

    Drawn people are measured by SynthTruth, all others by their faces (LiA and face identity; needs
    dlib). Writes a chart (disentanglement.png), a sheet of the videos (videos.png: all people with
    one motion, all actions with one motion, one person with all motions) and disentanglement.json.

    Examples:
        %(prog)s demo
        %(prog)s faces.safetensors --actors W009,M012 --seeds 0:8
        %(prog)s bodies.safetensors --measure none
    """
    add = parser.add_argument
    parser.shared("weights", "--actors", "--actions")
    parser.shared("--seeds", default="0:4", help="seeds of the motions, at least 2")
    add("--contents", type=at_least(2), default=8, help="people, if the model knows none")
    parser.shared("--seconds", default=4.0)
    kinds = one_of("auto", "drawn", "lips", "none")
    add("--measure", **kinds, help="drawn people, faces, or only the sheet")
    parser.results("disentanglement")


def long_videos(parser: Parser) -> None:
    """Show how people change in videos of thousands of frames, by the drift of the line.

    The line of time2vec grows for ever with drift 'paper', stays with 'hold', and turns back with
    'wrap' (docs/guides/long_videos.md). Short windows of long videos are rendered with each: is it
    still the same person, as sharp, and moving as much?

    Examples:
        %(prog)s demo
        %(prog)s generator.safetensors --frames 100000 --span 2
        %(prog)s generator.safetensors --actors Mia,2 --identity none
    """
    add = parser.add_argument
    parser.shared("weights")
    # At least two windows of 8 frames and one frame more.
    parser.shared("--frames", type=at_least(17), default=10_000, help="length of the videos")
    add("--windows", type=at_least(2), default=24, help="windows of 8 frames each")
    add("--span", type=above_zero, default=4.0, help="seconds for which the line is free")
    parser.shared("--actors")
    parser.shared("--seeds", default="0,1", help="seeds of the motions; actions come in turn")
    kinds = one_of("auto", "drawn", "faces", "none")
    add(
        "--identity", **kinds, help="by the colours of drawn people, by faces, not; auto: what fits"
    )
    parser.results("long_videos")


def motion_pca(parser: Parser) -> None:
    """Show in which directions motion vectors differ, and what each of them does.

    Writes the explained variance (variance.png), videos along the strongest directions
    (directions.mp4 and its contact sheet) and all numbers (pca.json). For models of the drawn
    people it also measures tempo, size and phase in the videos of many motions, and how well linear
    regression predicts them from the directions (factors.png): cross-validated R^2, below 0 where
    guessing the mean is better.

    Examples:
        %(prog)s demo
        %(prog)s demo --actor Leo --action wave
        %(prog)s generator.safetensors --samples 0    # without table
    """
    add = parser.add_argument
    parser.shared("weights", "--actor", "--action")
    add("--directions", type=at_least(1), default=4, help="how many are shown")
    add("--draws", type=at_least(1), default=10_000, help="motions for the PCA")
    add("--samples", type=at_least(0), help="motions measured in videos (default: 200, or 4 k + 4)")
    parser.shared("--seconds", default=4.0)
    parser.results("pca")


def motion_waves(parser: Parser) -> None:
    """Show the waves that a model has learned: how fast and large they are, what they move.

    Writes the spectrum (spectrum.png), the pixels that the strongest waves move on several people
    (sensitivity.png), and all numbers (waves.json).

    Examples:
        %(prog)s demo
        %(prog)s generator.safetensors --actors Mia,Leo --action nod
    """
    parser.shared("weights")
    parser.shared("--actors", default="first", help="names or numbers, or all (default: first 4)")
    parser.shared("--action", help="name or number (default: the first)")
    for name, default, text in (
        ("--motions", 4, "motions that are measured"),
        ("--moments", 16, "times of each motion"),
        ("--samples", 10_000, "motions for amplitudes"),
        ("--waves", 8, "how many are shown"),
    ):
        parser.add_argument(name, type=at_least(1), default=default, help=text)
    parser.shared("--seconds", default=4.0, help="length in which the times lie")
    parser.results("waves")


def latent_path(parser: Parser) -> None:
    """Show the path of a clip through the latents of an image generator (appendix 1).

    Each frame is inverted from the latent of the one before. Writes the principal components of the
    path (latent_path.png) and their cosine contents (latent_path.json), with two controls: the same
    frames in a random order, and a random walk, whose first components are cosines as well.

    Example:
        %(prog)s clip.mp4 work_dirs/stage1/generator.safetensors --lpips none
    """
    add = parser.add_argument
    add("clip", metavar="CLIP", type=Path, help="video or folder of pictures")
    parser.shared("weights", help="generator.safetensors or iter_N.pth of an image generator")
    parser.shared("--crop")
    parser.shared("--frames", type=at_least(3), default=64, help="at most")
    add("--components", type=at_least(1), default=4, help="how many are shown")
    add("--first-steps", type=at_least(1), default=500, help="steps of Adam, first frame")
    parser.shared("--steps", default=100, help="steps of Adam for every other frame")
    add("--lr", type=above_zero, default=0.02, help="step size, in deviations of the latents")
    parser.shared("--lpips", "--seed")
    parser.results("latent_path")


def motion_size_study(parser: Parser) -> None:
    """Measure how much of a clip's motion the vector m holds, by the size k of the motion.

    Every clip is inverted with every model; the inverted video's curves are compared with the
    clip's: the area of the lips (section 5.4, figure 5a), or for drawn people (--synth) what truly
    moves. Prints a table and writes study.json, curves.png and sheet.png. What is done is kept in
    the folder, and the same command goes on from it, also with more clips or models.

    Examples:
        %(prog)s demo --synth 3 --lpips none
        %(prog)s k64.safetensors k128.safetensors --clips clips/*.mp4 --crop face --frames 120
    """
    parser.shared("weights", nargs="+", help="generators of any sizes, or demo")
    add_recovery_clips(parser)
    parser.shared("--frames", type=at_least(3), help="at most (default: 120; drawn: 48)")
    parser.shared("--optimise")
    parser.shared("--steps", help="steps of Adam (default: the preset's)")
    parser.shared("--lpips")
    parser.results("motion_size")


def motion_benchmark(parser: Parser) -> None:
    """Measure how well any system moves drawn people, whose true motion is known.

    data writes the clips that others train on, and videos.csv, the list of the videos that they
    make. score measures a generator of any method, which makes these videos itself, or a folder of
    them (docs/guides/motion_benchmark.md). It prints the scores with their intervals beside those
    of real clips, frozen ones and ones of other takes, and writes card.json, card.md and
    scores.png. What is done is kept in the folder, and the same command goes on from it.

    Examples:
        %(prog)s data --out-dir data/motion_benchmark
        %(prog)s score demo
        %(prog)s score videos/theirs --out-dir motion_benchmark/theirs
    """
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    data = commands.add_parser("data", description="Write the clips.", help="write the clips")
    data.shared("--out-dir", default=Path("data/motion_benchmark"), help="folder for the clips")
    data.shared("--size", default=64)
    data.add_argument("--takes", type=at_least(1), default=256, help="training takes per action")
    score = commands.add_parser("score", description="Measure a system.", help="measure a system")
    score.add_argument(
        "entry", metavar="WEIGHTS|FOLDER", help="a generator (or demo), or a folder of videos"
    )
    score.results("motion_benchmark")


def fit_takes(parser: Parser) -> None:
    """Fit a generator to drawn takes by their colours, to see what its trajectories can hold.

    The config's generator and data set are taken, and no discriminator: every take has a noise of
    its own, which is trained with the generator. A few minutes on one core. Writes a generator
    file, whose recovery of other takes `motion_size_study.py` measures.

    Examples:
        %(prog)s trajectories/synth_actors_32_low_rank --out low_rank.safetensors
        %(prog)s trajectories/synth_actors_32_product --cfg-options model.generator.motion_dim=256
    """
    add = parser.add_argument
    parser.shared("config")
    add("--out", type=Path, default="fit.safetensors", help="generator file to write")
    parser.shared("--steps", default=2000, help="steps of Adam")
    parser.shared("--seed", help="seed of weights, noise and what is drawn")
    parser.shared("--cfg-options")


def fvd_ladder(parser: Parser) -> None:
    """Draw how FVD rises with the strength of five distortions of drawn people.

    One half of the takes of SynthActorsDataset is the reference; the other half, spoiled more and
    more, is what is measured. Writes ladder.png and ladder.json.

    Example:
        %(prog)s --out-dir work_dirs/ladder
    """
    add = parser.add_argument
    parser.shared("--out-dir", default="work_dirs/ladder")
    add("--clips", type=at_least(2), default=40, help="clips of each half")
    add("--strengths", type=at_least(1), default=3, help="strengths above 0")
    parser.shared("--size", default=64)
    # I3D takes no shorter video.
    parser.shared("--frames", type=at_least(9), default=16)
    add("--i3d", help="file of I3D (default: that of tools/weights.py)")


def named_number(text: str) -> tuple[str, float]:
    """Type for argparse: NAME=VALUE, a finite number."""
    name, _, value = text.rpartition("=")
    if not name:
        raise argparse.ArgumentTypeError(f"is {text!r}: it must be NAME=VALUE")
    return name, finite(value)


def time_to_quality(parser: Parser) -> None:
    """Say how long trainings took until their validations reached given numbers.

    Reads the logs of finished or running trainings; let them validate often. Times are those of the
    iterations alone: on a CPU processor seconds, so trainings on a shared machine compare. Several
    trainings, of other seeds for example, give a median.

    Examples:
        python tools/train.py CONFIG --work-dir work_dirs/s0 --cfg-options train_cfg.val_interval=99
        %(prog)s work_dirs/s0 work_dirs/s1 work_dirs/s2 --at-least people=8 action_seen=0.26
    """
    add = parser.add_argument
    add("work_dirs", metavar="WORK_DIR", nargs="+", type=Path, help="work dirs of trainings")
    pairs = dict(nargs="+", type=named_number, default=[], metavar="NAME=VALUE")
    add("--at-least", **pairs, help="numbers of a validation that must be reached together")
    add("--at-most", **pairs, help="numbers that must not be passed, FVD16/value=400 for example")
    add("--out", type=Path, default="time_to_quality.png", help="chart of the numbers")


def compare_methods(parser: Parser) -> None:
    """Train several methods at one budget, measure them by one protocol, and write the tables.

    Each method may spend the budget: floating-point operations, counted over whole iterations with
    their regularisers, or seconds of training (of the processor, on a CPU). What is missing is
    trained, what was interrupted goes on, and comparison.md with a contact sheet and FVD over
    compute is written after every method. On a cluster, start one job per method and seed, with the
    same folder.

    Examples:
        %(prog)s configs/comparisons/synth_actors_32.py --budget 20TFLOP
        %(prog)s configs/comparisons/weizmann_64.py --budget 2h --only ctsvg --seeds 0
    """
    add = parser.add_argument
    parser.shared("config")
    add("--budget", required=True, help="of every method and seed: 2h, 90min or 200TFLOP")
    add("--only", nargs="+", metavar="METHOD", help="names of methods in the config (default: all)")
    parser.shared("--seeds", default="0:3", help="seeds of the trainings: 0,5,9, or 0:3 for 0,1,2")
    parser.shared("--cfg-options", "--offline", "--device")
    parser.shared("--out-dir", help="default: work_dirs/comparisons/NAME_OF_CONFIG/BUDGET")
