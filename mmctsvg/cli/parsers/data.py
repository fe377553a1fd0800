"""Command lines about data sets and the checkpoints of others."""

import os
from pathlib import Path

from .common import Parser, at_least, comma_list, names, one_of

_MEAD_VIEWS = ("front", "down", "top", "left_30", "left_60", "right_30", "right_60")
_RAVDESS_EMOTIONS = (
    *("neutral", "calm", "happy", "sad"),
    *("angry", "fearful", "disgust", "surprised"),
)


def _add_converter(
    parser: Parser,
    raw: str,
    crop: str | None,
    frames: int | None = None,
    fps: float | None = None,
) -> None:
    """Add RAW with its help, OUT, and the options of every converter.

    The defaults are a crop, the number of frames that all clips have, and their rate.
    """
    add = parser.add_argument
    add("raw", type=Path, metavar="RAW", help=raw)
    add("out", type=Path, metavar="OUT", help="folder for the result; started ones are continued")
    parser.shared("--size", default=128)
    parser.shared("--crop", choices=("face", "body", "center"), default=crop)
    add("--format", **one_of("jpg", "png"), help="jpg: quality 95; png: lossless, 3 times as large")
    cores = os.cpu_count() or 1
    add("--workers", type=at_least(1), default=cores, help="processes, 0.5 GB each at 1920x1080")
    add("--min-frames", type=at_least(3), default=frames or 3, help="leave shorter clips out")
    text = "leave longer clips out" + ("" if frames else " (default: none)")
    add("--max-frames", type=at_least(3), default=frames, help=text)
    text = "bring all clips to this rate by time"
    parser.shared("--fps", default=fps, help=text + ("" if fps else " (default: leave their own)"))
    parser.shared("--keep-pixels")


def convert_folder(parser: Parser) -> None:
    """Convert anybody's clips: cut them out and pack them for training.

    RAW is a folder with ACTOR/ACTION/CLIP.mp4, whose names become labels, or a CSV list of videos.

    Example:
        %(prog)s clips data/mine --crop face
    """
    _add_converter(parser, "folder with ACTOR/ACTION/CLIP.mp4, or a CSV", crop="center")


def convert_grid(parser: Parser) -> None:
    """Convert GRID: crop the faces and pack the clips for training.

    RAW holds the speakers as they are given out, s1.zip or s1/bbaf2n.mpg, and their word times,
    alignments.zip or any folder with s1/bbaf2n.align, which go into meta.json.

    Example:
        %(prog)s downloads/GRID data/grid
    """
    raw = "folder of the speakers' folders or zips"
    _add_converter(parser, raw, crop="face", frames=75, fps=25.0)
    text = "sentences holds out every letter with one digit: 100 of a speaker's 1000 sentences"
    parser.add_argument("--split", **one_of("sentences", "none"), help=text)


def convert_mead(parser: Parser) -> None:
    """Convert MEAD: crop the faces and pack the clips for training.

    RAW holds the persons as they are given out, M003/video.tar, or unpacked, M003/video/front/...

    Example:
        %(prog)s downloads/MEAD data/mead
    """
    add = parser.add_argument
    _add_converter(parser, "folder of the persons' folders, or one of them", crop="face")
    add(
        "--views",
        type=comma_list(*_MEAD_VIEWS),
        default="front",
        help=f"cameras, separated by commas, of {', '.join(_MEAD_VIEWS)}",
    )
    add("--levels", type=comma_list(1, 2, 3), default="1,2,3", help="intensities of the emotions")
    add("--persons", type=comma_list(), help="such as M003,W040 (default: all that are there)")
    add(
        "--split",
        **one_of("paper", "unseen-cells", "none"),
        help="paper holds out the sentences 006 to 011 of every emotion; unseen-cells one emotion "
        "of every person",
    )


def convert_ravdess(parser: Parser) -> None:
    """Convert RAVDESS: crop the faces and pack the clips for training.

    RAW holds the zips as they are given out, Video_Speech_Actor_01.zip, or unpacked, Actor_01/...

    Example:
        %(prog)s downloads/RAVDESS data/ravdess
    """
    add = parser.add_argument
    _add_converter(parser, "folder of the zips or of the actors' folders", crop="face")
    channels = comma_list("speech", "song")
    add("--channels", type=channels, default="speech", help="speech, song, or speech,song")
    add("--with-sound", action="store_true", help="take files with sound, 01-..., not 02-...")
    add(
        "--held-out-actors",
        type=comma_list(*range(1, 25)),
        default="21,22,23,24",
        help="numbers of the actors of whom emotions are held out",
    )
    add(
        "--held-out-emotions",
        type=comma_list(*_RAVDESS_EMOTIONS),
        default=",".join(_RAVDESS_EMOTIONS[1:]),
        help="the emotions that are held out (default: all but neutral)",
    )


def convert_utd_mhad(parser: Parser) -> None:
    """Convert UTD-MHAD: cut out the whole bodies and pack the clips for training.

    RAW is RGB.zip or Depth.zip as it is given out, a folder that holds it, or the unpacked
    a1_s1_t1_color.avi or a1_s1_t1_depth.mat, ...

    Examples:
        %(prog)s downloads/RGB.zip data/utd_mhad
        %(prog)s downloads/Depth.zip data/utd_mhad_depth --modality depth
    """
    _add_converter(parser, "RGB.zip or Depth.zip, or a folder with it or its files", crop=None)
    text = "colour videos, cut around the body, or depth, the middle (unless --crop says else)"
    parser.add_argument("--modality", **one_of("color", "depth"), help=text)
    text = "paper holds out every action of one person: 107 of 861 clips"
    parser.add_argument("--split", **one_of("paper", "none"), help=text)


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
    add = parser.add_argument
    add("source", metavar="IN.pt", type=Path, help="the authors' file")
    add("target", metavar="OUT", type=Path, help="OUT.pth or OUT.safetensors")
    labels = one_of("auto", "mead", "ravdess", "numbers")
    add("--labels", **labels, help="names of the labels; auto: by the numbers of labels")
    add("--actors", type=names, help="names of the actors in the order of their numbers: A,B,C")
    add("--new-actors", type=names, default=[], help="names of actors that are added: D,E")


def check_dataset(parser: Parser) -> None:
    """Check a list of clips and say everything that is wrong with it at once.

    Every clip is read to its end, once: what was found out is kept until its files change, also for
    the starts of trainings, which make the other checks themselves.

    Example:
        %(prog)s data/mead/annotations.csv --dataset MEADDataset
    """
    add = parser.add_argument
    add(
        "annotations",
        metavar="ANNOTATIONS",
        help="CSV with the columns path,label,is_train,person, or a folder of clips",
    )
    data_set = "TripletVideoDataset"
    add("--dataset", default=data_set, metavar="NAME", help="class with its labels and layout")
    parser.shared("--crop", choices=("center",), default=None, help="allow clips not square")
    add("--stride", default="1", help="frames between the frames of a triplet, or 'official'")
    add("--times", choices=("paper", "official"), default="paper")
    add("--mixed-rates", action="store_true", help="allow clips of different frame rates")
    add("--workers", type=at_least(1), default=os.cpu_count() or 1, help="processes that read")


def browse_dataset(parser: Parser) -> None:
    """Draw what training really sees: triplets of a config's dataset with labels and times.

    Example:
        %(prog)s configs/ctsvg_synth_actors_32.py
    """
    add = parser.add_argument
    parser.shared("config")
    add("--triplets", type=at_least(1), default=32, help="how many are drawn")
    add(
        "--start",
        type=at_least(0),
        default=0,
        help="item to begin with; iteration i begins with i times the batch",
    )
    parser.shared("--out-dir", help="folder for dataset.png (default: work_dirs/NAME_OF_CONFIG)")
    parser.shared("--cfg-options")
