"""Command lines that find and change motions."""

from pathlib import Path

from .common import Parser, above_zero, at_least, finite, one_of


def _add_search(parser: Parser) -> None:
    """Add the options of the search."""
    add = parser.add_argument
    add("--start", type=finite, default=0.0, help="time of the first frame, in training frames")
    parser.shared("--optimise")
    add("--preset", **one_of("default", "official"), help="official: as the released code")
    parser.shared("--steps", help="steps of Adam (default: the preset's)")
    add("--restarts", type=at_least(1), help="starts side by side (default: 1, with t0 4)")
    add("--frames-per-step", type=at_least(1), help="random frames for every step")


def invert(parser: Parser) -> None:
    """Find the motion vector with which a model shows a clip.

    CLIP is a video, a folder of pictures, or clips.zip/NAME. The vector comes as
    motion.safetensors, which tools/generate.py --motion replays on anybody, with a video of clip,
    inverted video and difference, a contact sheet and curves. An interrupted inversion is continued
    by the same command.

    Examples:
        %(prog)s clip.mp4 work_dirs/mine/generator.safetensors --crop face
        %(prog)s clip.mp4 demo --actor Mia --action wave --lpips none --out-dir wave
        %(prog)s clip.mp4 generator.safetensors --optimise w_c,t0 --preset official
        %(prog)s clips/*.mp4 generator.safetensors --crop face --out-dir inversions
    """
    add = parser.add_argument
    add(
        "clips",
        type=Path,
        nargs="+",
        metavar="CLIP",
        help="video, folder of pictures, or clips.zip/NAME; several are inverted one by one",
    )
    parser.shared("weights", "--tuning")
    parser.shared("--actor", help="name or number (default: the most alike at the start)")
    parser.shared("--action", help="name or number (default: the most alike at the start)")
    parser.shared("--crop")
    parser.shared("--keep-pixels")
    add(
        "--face", type=at_least(0), help="with --crop face: number from the left (default: largest)"
    )
    parser.shared("--fps", help="of the clip (default: the times in the file)")
    parser.shared("--frames", help="only that many from the beginning (default: all)")
    _add_search(parser)
    parser.shared("--lpips")
    parser.shared("--chunk", default=None, help="frames rendered at once (default: the preset's)")
    parser.shared("--seed")
    parser.results("inversion")


def tune(parser: Parser) -> None:
    """Tune a model to the person in a clip whose motion tools/invert.py found.

    The person becomes an actor of its own, who does every action with every motion. The result,
    tuning.safetensors, holds the changed weights only; tools/generate.py takes it by --tuning.
    Every fifth frame of the clip is kept out and decides when to stop. An interrupted tuning is
    continued by the same command.

    Examples:
        %(prog)s inversion/motion.safetensors generator.safetensors --name Anna
        %(prog)s inversion/motion.safetensors demo --lpips none --rank 4 --layers 16-32
        %(prog)s inversion/motion.safetensors generator.safetensors --clip moved/clip.mp4
    """
    add = parser.add_argument
    parser.shared("motion", type=Path, help="motion.safetensors of tools/invert.py")
    parser.shared("weights")
    add("--clip", type=Path, help="where the clip is now (default: where it was inverted)")
    add("--name", help="name of the person (default: the clip's name)")
    add("--known-actor", action="store_true", help="tune the actor of MOTION, make no new person")
    add("--layers", default="all", help="all, rgb, or resolutions: 32, 16-64; several by commas")
    add("--rank", type=at_least(1), help="of the change of every weight: smaller files")
    locality = at_least(0, float)
    add("--locality", type=locality, default=1.0, help="coefficient that keeps others as they are")
    parser.shared("--steps", type=at_least(0), default=300, help="steps of Adam, at most")
    add("--content-steps", type=at_least(0), default=150, help="steps for a new person before")
    add("--lr", type=above_zero, default=0.003, help="learning rate of the weights")
    add("--patience", type=at_least(1), default=5, help="checks (10 steps) without a best to stop")
    parser.shared("--lpips", "--chunk", "--seed")
    parser.results("tuning")


def edit_motion(parser: Parser) -> None:
    """Edit a motion: gains by frequency, loops, mixtures, steps along principal directions.

    MOTION is a motion.safetensors of tools/invert.py (or of this tool), or the number of a seed.
    The result is motion.safetensors, which tools/generate.py --motion and choreograph.py take, with
    a video and a contact sheet of the motion before and after. Edits are made in the order: PCA,
    mix, gains, drift, loop.

    Examples:
        %(prog)s 3 demo --gain slow=1.5,fast=0 --actors Mia --action wave
        %(prog)s inversion/motion.safetensors generator.safetensors --loop 2 --out-dir looped
        %(prog)s 3 demo --fast-from 5 --edge 1.5 --out-dir mixed
        %(prog)s 3 demo --pca 0=2,1=-1 --drift hold --span 4
    """
    add = parser.add_argument
    parser.shared("motion", "weights")
    add("--gain", default="", help="by band: drift=0,slow=1.5,fast=0.5 (default: 1 each)")
    add("--edge", type=above_zero, default=1.0, help="between slow and fast, in Hz")
    add("--fast-from", metavar="MOTION", help="take the fast waves of this motion or seed")
    add("--pca", default="", help="move along principal directions: 0=2,3=-1 standard deviations")
    add("--drift", choices=("paper", "hold", "wrap"), help="what the linear term does after --span")
    add("--span", type=above_zero, help="in seconds (default: the length of the motion)")
    add("--loop", type=above_zero, metavar="SECONDS", help="make it repeat itself")
    parser.shared("--seconds", help="of the video (default: the motion's length, 4 for seeds)")
    parser.shared("--actors")
    parser.shared("--action", help="what they do (default: the motion's own, or the first)")
    parser.shared("--tuning", "--any-weights")
    parser.results("edited")
