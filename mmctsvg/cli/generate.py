"""Generates videos of any actors doing any actions, with any motions, of any length."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mmctsvg.apis import CTSVGInferencer, VideoInferencer, open_inferencer
from mmctsvg.apis.grid import VideoGrid, plan_grids, write_grid
from mmctsvg.datasets.readers import BrokenClipError, fit_square, open_clip
from mmctsvg.inversion import read_original
from mmctsvg.models.abilities import START_FRAME
from mmctsvg.motion import Motion, retime, video_rate
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json
from mmctsvg.visualization.sound import usable_sound

from .arguments import pick

BATCH = 8  # frames of every video that are rendered at once
FRAMES = 32  # length if nothing is said
SECONDS = 4.0  # length of a seed's motion if nothing is said


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What videos show, and when.

    Args:
        plans: Grids of videos.
        times: Times of the frames, in frames of the training.
        fps: Frames per second of the videos; None for the rate of the training.
        sound: Video whose sound is put under them.
    """

    plans: list[VideoGrid]
    times: Sequence[float]
    fps: float | None
    sound: Path | None = None


def run(args: argparse.Namespace) -> None:
    """Generate."""
    check_options(args)
    if args.motion is None and args.tuning is None:
        inferencer = open_inferencer(args.weights, args.device, args.precision)
    else:  # only CTSVG has motions and tunings in files
        inferencer = CTSVGInferencer(args.weights, args.device, args.precision, args.tuning)
    shown = show_seeds(inferencer, args) if args.motion is None else show_motion(inferencer, args)
    metric = None if args.motion is None else choose_metric(inferencer, args.sync, shown.times)
    written = []
    if metric is not None:  # the number before the videos, which are easily made again
        from mmctsvg.analysis.sync import measure_sync

        (plan,) = shown.plans
        found = measure_sync(inferencer, plan, shown.times, metric, noise=args.noise, chunk=BATCH)
        written.append(args.out_dir / "sync.json")
        write_json(written[-1], found)
        print_sync(found)
    for plan in shown.plans:
        name = "samples" + (f"_{plan.name}" if plan.name else "")
        written += write_grid(
            inferencer,
            plan,
            shown.times,
            args.out_dir / name,
            formats=args.format,
            fps=shown.fps,
            label=name,
            sound=shown.sound,
            noise=args.noise,
            chunk=BATCH,
            exact=True,
        )
    print(*written, sep="\n")


def check_options(args: argparse.Namespace) -> None:
    """Refuses options that do not go together.

    Raises:
        UserError: Naming both.
    """
    if args.motion is None:
        names = ("any_weights", "speed", "reverse", "clip", "sync")
        problem = "belongs to --motion, which is missing."
    else:
        names = ("speed", "reverse") if has_own_times(args) else ()
        problem = (
            "changes the motion's own times; leave out --times, or --frames and --seconds with a "
            "file."
        )
    for name, value in pick(args, *names).items():
        if value:
            raise UserError(f"{name}={value} {problem}")


def has_own_times(args: argparse.Namespace) -> bool:
    """Tell whether times were asked for that are not the motion's own."""
    if is_seed(args.motion):
        return args.times is not None or args.frames == 1  # a motion has two times at least
    return (args.times, args.frames, args.seconds) != (None, None, None)


def is_seed(motion: str | None) -> bool:
    """Tell whether a motion is the number of a seed, and no file."""
    try:
        return motion is not None and isinstance(int(motion), int)
    except ValueError:
        return False


def count_frames(args: argparse.Namespace, fps: float) -> int | None:
    """Return the number of frames by --frames or --seconds; None if neither was given."""
    return args.frames if args.seconds is None else max(2, round(args.seconds * fps))


def show_seeds(inferencer: VideoInferencer, args: argparse.Namespace) -> Shown:
    """Plan videos of drawn motions."""
    # Without actions there is nothing but motions to fill the columns with.
    seeds = args.seeds or range(1 if inferencer.actions else 4)
    rows = {}
    if args.start:
        rows["contents"] = range(len(args.start))
        give_start_frames(inferencer, args.start)
    plans = plan_grids(inferencer, **pick(args, "actors", "actions"), seeds=seeds, **rows)
    count = count_frames(args, inferencer.fps) or min(
        FRAMES, inferencer.abilities.longest or FRAMES
    )
    times = args.times or list(map(float, range(count)))
    return Shown(plans=plans, times=times, fps=args.fps)


def give_start_frames(inferencer: VideoInferencer, paths: Sequence[str]) -> None:
    """Let the contents 0, 1, ... be the first frames of clips.

    Raises:
        UserError: If the generator takes no start frame, or a clip cannot be read.
    """
    if START_FRAME not in inferencer.abilities.needs:
        raise UserError(f"start={paths[0]}: this generator takes no start frame; leave it out.")
    frames = []
    for path in paths:
        try:
            frame = open_clip(path).read(np.zeros(1, int))
        except BrokenClipError as error:
            raise UserError(f"{path} {error}") from error
        frames.append(fit_square(frame, inferencer.size, "center")[0])
    inferencer.start_frame = frames.__getitem__


def show_motion(inferencer: CTSVGInferencer, args: argparse.Namespace) -> Shown:
    """Plan a video of one motion on all people, below the clip that it came from.

    Raises:
        UserError: If the motion or a clip that was asked for cannot be shown.
    """
    count = count_frames(args, inferencer.fps)
    motion = inferencer.find_motion(
        args.motion, args.any_weights, count or max(2, round(SECONDS * inferencer.fps))
    )
    motions = {Path(args.motion).stem: motion}
    (plan,) = plan_grids(inferencer, **pick(args, "actors", "actions"), motions=motions)
    if has_own_times(args):  # no frames of a clip belong to them
        if args.clip not in (None, "none"):
            raise UserError(f"clip={args.clip!r} is shown at the motion's own times only.")
        times = args.times or list(map(float, range(count)))
        return Shown(plans=[add_rows(inferencer, plan, motion, None)], times=times, fps=args.fps)
    fps, speed = args.fps or video_rate(motion.times, motion.fps), args.speed or 1.0
    times, place = retime(
        motion.times, motion.fps, speed=speed, reverse=args.reverse, video_fps=fps
    )
    clip, path = find_clip(motion, args.clip, inferencer.size)
    if clip is not None:
        clip = clip[place]
    # The clip's sound belongs to a video at the clip's own pace only.
    own_pace = speed == 1 and not args.reverse and motion.info.get("fps") is None
    wanted = clip is not None and own_pace and "mp4" in args.format
    return Shown(
        plans=[add_rows(inferencer, plan, motion, clip)],
        times=times.tolist(),
        fps=fps,
        sound=usable_sound(path, len(times) / fps) if wanted else None,
    )


def find_clip(motion: Motion, clip: str | None, size: int) -> tuple[np.ndarray | None, Path]:
    """Return the frames that a motion came from, as they were cut, and the file.

    Raises:
        UserError: If a clip that was asked for cannot be shown; ``none`` asks for none.
    """
    path = Path(clip or motion.info.get("clip") or "none")
    if str(path) == "none":
        return None, path
    try:
        return read_original(motion, size, clip).frames, path
    except UserError as error:
        if clip:
            raise
        print(f"without the clip: {error}")
        return None, path


def add_rows(
    inferencer: CTSVGInferencer, plan: VideoGrid, motion: Motion, clip: np.ndarray | None
) -> VideoGrid:
    """Put the clip above the grid, and the clip's own person if it was found too."""
    rows, cells = [], []
    if clip is not None:
        rows.append("clip")
        cells.append(tuple({"frames": clip} for _ in plan.columns))
    # With other weights its content style is another person.
    if motion.w_c is not None and motion.weights == inferencer.fingerprint:
        rows.append("found")
        cells.append(tuple({"motion": motion, "w_c": motion.w_c} for _ in plan.columns))
    return replace(plan, rows=(*rows, *plan.rows), cells=(*cells, *plan.cells))


def choose_metric(inferencer: CTSVGInferencer, sync: str | None, times: Sequence[float]):
    """Return the metric that measures how well people keep in step, or None.

    Raises:
        UserError: If one was asked for that cannot measure here.
    """
    # Metrics take longer to import than drawn motions to render, which need none.
    from mmctsvg.analysis.sync import choose_instrument, make_instrument

    instrument = choose_instrument(inferencer, sync or "auto")
    try:
        return None if instrument == "none" else make_instrument(instrument, len(times))
    except UserError as error:
        if sync not in (None, "auto"):
            raise
        print(f"without sync: {error}")
        return None


def print_sync(found: dict) -> None:
    """Print how well all people keep in step."""
    if math.isnan(found["sync"]):
        print("sync: there are no two people to compare; show more --actors")
    else:
        print(
            f"sync {found['sync']:.3f} ({found['instrument']}: mean correlation over pairs of "
            f"people, {found['frames']} frames); people with different motions: "
            f"{found['control']:.3f}"
        )
    for note in found["notes"]:
        print(note)
