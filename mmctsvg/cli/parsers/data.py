"""Command lines about data sets and the checkpoints of others."""

import os
from pathlib import Path

from .common import Parser, at_least, comma_list, names

_MEAD_VIEWS = ("front", "down", "top", "left_30", "left_60", "right_30", "right_60")
_RAVDESS_EMOTIONS = (
    *("neutral", "calm", "happy", "sad"),
    *("angry", "fearful", "disgust", "surprised"),
)


def _add_converter(parser: Parser, raw: str, crop: str) -> None:
    """Add RAW, OUT and the options of every converter.

    Args:
        parser: The parser of a converter.
        raw: What RAW is.
        crop: The default crop.
    """
    parser.add_argument("raw", type=Path, metavar="RAW", help=raw)
    parser.add_argument(
        "out",
        type=Path,
        metavar="OUT",
        help="folder for the result; an interrupted one is continued",
    )
    parser.shared("--size", default=128)
    parser.shared("--crop", choices=("face", "body", "center"), default=crop)
    parser.add_argument(
        "--format",
        choices=("jpg", "png"),
        default="jpg",
        help="jpg of quality 95, or png: lossless, three times as large",
    )
    parser.add_argument(
        "--workers",
        type=at_least(1),
        default=os.cpu_count() or 1,
        help="processes; one needs about 0.5 GB for 1920x1080",
    )
    parser.add_argument("--min-frames", type=at_least(3), default=3, help="leave shorter clips out")
    parser.add_argument(
        "--max-frames", type=at_least(3), help="leave longer clips out (default: none)"
    )
    parser.shared("--keep-pixels")


def convert_folder(parser: Parser) -> None:
    """Convert anybody's clips: cut them out and pack them for training.

    RAW is a folder with ACTOR/ACTION/CLIP.mp4, whose names become labels, or a CSV list of videos.

    Example:
        %(prog)s clips data/mine --crop face
    """
    _add_converter(parser, "folder with ACTOR/ACTION/CLIP.mp4, or a CSV", crop="center")


def convert_mead(parser: Parser) -> None:
    """Convert MEAD: crop the faces and pack the clips for training.

    RAW holds the persons as they are given out, M003/video.tar, or unpacked, M003/video/front/...

    Example:
        %(prog)s downloads/MEAD data/mead
    """
    _add_converter(parser, "folder of the persons' folders, or one of them", crop="face")
    parser.add_argument(
        "--views",
        type=comma_list(*_MEAD_VIEWS),
        default="front",
        help=f"cameras, separated by commas, of {', '.join(_MEAD_VIEWS)}",
    )
    parser.add_argument(
        "--levels",
        type=comma_list(1, 2, 3),
        default="1,2,3",
        help="intensities of the emotions",
    )
    parser.add_argument(
        "--persons", type=comma_list(), help="such as M003,W040 (default: all that are there)"
    )
    parser.add_argument(
        "--split",
        choices=("paper", "unseen-cells", "none"),
        default="paper",
        help="paper holds out the sentences 006 to 011 of every emotion; unseen-cells one emotion "
        "of every person",
    )


def convert_ravdess(parser: Parser) -> None:
    """Convert RAVDESS: crop the faces and pack the clips for training.

    RAW holds the zips as they are given out, Video_Speech_Actor_01.zip, or unpacked, Actor_01/...

    Example:
        %(prog)s downloads/RAVDESS data/ravdess
    """
    _add_converter(parser, "folder of the zips or of the actors' folders", crop="face")
    parser.add_argument(
        "--channels",
        type=comma_list("speech", "song"),
        default="speech",
        help="speech, song, or both separated by a comma",
    )
    parser.add_argument(
        "--with-sound",
        action="store_true",
        help="take the files with sound, 01-..., instead of those without, 02-...",
    )
    parser.add_argument(
        "--held-out-actors",
        type=comma_list(*range(1, 25)),
        default="21,22,23,24",
        help="numbers of the actors of whom emotions are held out",
    )
    parser.add_argument(
        "--held-out-emotions",
        type=comma_list(*_RAVDESS_EMOTIONS),
        default=",".join(_RAVDESS_EMOTIONS[1:]),
        help="the emotions that are held out (default: all but neutral)",
    )


def convert_utd_mhad(parser: Parser) -> None:
    """Convert UTD-MHAD: cut out the whole bodies and pack the clips for training.

    RAW is RGB.zip as it is given out, a folder that holds it, or the unpacked a1_s1_t1_color.avi,
    ...

    Example:
        %(prog)s downloads/RGB.zip data/utd_mhad
    """
    _add_converter(parser, "RGB.zip, or a folder with it or with its videos", crop="body")
    parser.add_argument(
        "--split",
        choices=("paper", "none"),
        default="paper",
        help="paper holds out every action of one person: 107 of 861 clips",
    )


def convert_official(parser: Parser) -> None:
    """Convert a checkpoint that the authors of the paper published.

    OUT.pth is a checkpoint like those of tools/train.py, with both discriminators and the
    optimisers; OUT.safetensors holds the averaged generator alone. Everything else takes either.

    Examples:
        %(prog)s mead_sz128_latent256_dyn128_117k.pt mead_128.pth
        python tools/generate.py mead_128.pth
        %(prog)s IN.pt OUT.pth --new-actors Ada,Ben
        python tools/train.py configs/ctsvg_mead_128_finetune.py --cfg-options load_from=OUT.pth ...
    """
    parser.add_argument("source", metavar="IN.pt", type=Path, help="the authors' file")
    parser.add_argument("target", metavar="OUT", type=Path, help="OUT.pth or OUT.safetensors")
    parser.add_argument(
        "--labels",
        choices=("auto", "mead", "ravdess", "numbers"),
        default="auto",
        help="what the actions are called (default: auto, by the numbers of actors and actions)",
    )
    parser.add_argument(
        "--actors",
        type=names,
        help="names of the actors in the order of their numbers: A,B,C",
    )
    parser.add_argument(
        "--new-actors",
        type=names,
        default=[],
        help="names of actors to add, whom the checkpoint has never seen: D,E",
    )


def check_dataset(parser: Parser) -> None:
    """Check a list of clips and say everything that is wrong with it at once.

    Training makes the same check before it starts.

    Example:
        %(prog)s data/mead/annotations.csv --dataset MEADDataset
    """
    parser.add_argument(
        "annotations",
        metavar="ANNOTATIONS",
        help="CSV with the columns path,label,is_train,person, or a folder of clips",
    )
    parser.add_argument(
        "--dataset",
        default="TripletVideoDataset",
        metavar="NAME",
        help="dataset whose labels and folder layout are meant, such as MEADDataset",
    )
    parser.shared("--crop", choices=("center",), default=None, help="allow clips not square")
    parser.add_argument(
        "--stride",
        default="1",
        help="frames between the frames of a triplet, or 'official'",
    )
    parser.add_argument("--times", choices=("paper", "official"), default="paper")
    parser.add_argument(
        "--decode",
        action="store_true",
        help="decode every frame: finds damage inside of files, takes much longer",
    )


def browse_dataset(parser: Parser) -> None:
    """Draw what training really sees: triplets of a config's dataset with labels and times.

    Example:
        %(prog)s configs/ctsvg_synth_actors_32.py
    """
    parser.shared("config")
    parser.add_argument("--triplets", type=at_least(1), default=32, help="how many are drawn")
    parser.add_argument(
        "--start",
        type=at_least(0),
        default=0,
        help="item to begin with; iteration i begins with i times the batch",
    )
    parser.shared("--out-dir", help="folder for dataset.png (default: work_dirs/NAME_OF_CONFIG)")
    parser.shared("--cfg-options")
