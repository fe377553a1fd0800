"""Shows how people change in videos of thousands of frames, by the drift of the linear term."""

import argparse
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np

from mmctsvg.analysis.long_videos import (
    CURVES,
    conclude,
    mean_known,
    measure_windows,
    summarise,
    window_starts,
)
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.apis.grid import plan_grids
from mmctsvg.datasets import synth
from mmctsvg.evaluation.functional.drawn_people import distances_to_people, patch_colours
from mmctsvg.evaluation.metrics import FaceIdentity
from mmctsvg.evaluation.video import Video, video_from_tensor
from mmctsvg.motion.waves import DRIFTS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json
from mmctsvg.utils.progress import progress_bar
from mmctsvg.utils.spread import evenly_spread
from mmctsvg.visualization import contact_sheet, stack_sheets, write_png
from mmctsvg.visualization.video_curves import draw_long_curves

WINDOW = 8  # frames that follow each other, so that poses and motion are averaged
SHOWN = 2  # people on the picture
COLUMNS = 6  # windows on the picture


def choose_cells(
    inferencer: CTSVGInferencer, actors: list[str] | None, seeds: list[int]
) -> list[tuple[str, dict]]:
    """Choose every actor with every motion, actions in turn: name and arguments of `stream`."""
    chosen = []
    for p, plan in enumerate(plan_grids(inferencer, actors=actors, seeds=seeds)):
        for r, (row, cells) in enumerate(zip(plan.rows, plan.cells, strict=True)):
            named = list(zip(plan.columns, cells, strict=True))
            # Without actions the columns of the one plan are the motions.
            columns = [named[(r + p) % len(named)]] if inferencer.actions else named
            chosen += [(f"{row}, {column}", cell) for column, cell in columns]
    return chosen


def choose_identity(
    inferencer: CTSVGInferencer, wanted: str
) -> tuple[str, Callable[[Video], np.ndarray]]:
    """Return the name of a measure of identity, and a function: its value for every frame, (T,).

    Raises:
        UserError: If drawn people are expected and there are others, or weights are missing.
    """
    names = [person.name for person in synth.PEOPLE]
    drawn = bool(inferencer.actors) and set(inferencer.actors) <= set(names)
    if wanted == "drawn" and not drawn:
        raise UserError("--identity drawn is for the drawn people only; use faces or none.")
    if wanted == "none":
        return "not measured", lambda video: np.full(len(video.frames), np.nan)
    if drawn and wanted != "faces":

        def recognised(video: Video) -> np.ndarray:
            distances = distances_to_people(patch_colours(video.frames), video.size[0])
            return (distances.argmin(1) == names.index(video.actor)).astype(float)

        return "share of frames recognised", recognised
    metric = FaceIdentity(frames=10**9, interval=0)

    def likeness(video: Video) -> np.ndarray:
        found = metric.measure(video, real=False).get("cosines")
        return np.full(len(video.frames), np.nan) if found is None else np.append(1.0, found)

    return "cosine with the first frame", likeness


def measure(
    inferencer: CTSVGInferencer,
    cells: list[tuple[str, dict]],
    identity: Callable[[Video], np.ndarray],
    starts: np.ndarray,
    span: float,
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, list[np.ndarray]]]:
    """Render windows of the videos of `choose_cells` with every drift.

    Args:
        inferencer: Inferencer that renders them.
        cells: Videos of `choose_cells`.
        identity: Function of `choose_identity`.
        starts: First frames of the windows.
        span: Number of frames for which the line is free.

    Returns:
        Curves (videos, windows) by drift and name; first frames of some windows by video and drift.
    """
    times = (starts[:, None] + np.arange(WINDOW)).ravel()
    columns = evenly_spread(len(starts), COLUMNS)
    found: dict[str, list[dict[str, np.ndarray]]] = {drift: [] for drift in DRIFTS}
    pictures: dict[str, list[np.ndarray]] = {}
    with progress_bar("long videos", "video", total=len(DRIFTS) * len(cells)) as progress:
        for name, cell in cells:
            for drift in DRIFTS:
                waves = replace(inferencer.waves(cell["motion"]), drift=drift, span=span)
                video = video_from_tensor(
                    inferencer.render(times, **{**cell, "motion": waves}),
                    f"{name}, {drift}",
                    actor=inferencer.actors[cell["actor"]] if "actor" in cell else None,
                )
                windows = video.frames.reshape(len(starts), WINDOW, *video.frames.shape[1:])
                seen = identity(video).reshape(len(starts), WINDOW)
                found[drift].append(measure_windows(windows, seen))
                if name in pictures or len(pictures) < SHOWN:
                    pictures.setdefault(name, []).append(windows[columns, 0])
                progress.update()
    curves = {
        drift: {name: np.stack([video[name] for video in videos]) for name in CURVES}
        for drift, videos in found.items()
    }
    return curves, pictures


def run(args: argparse.Namespace) -> None:
    """Render, measure and draw."""
    inferencer = CTSVGInferencer(args.weights, args.device)
    cells = choose_cells(inferencer, args.actors, args.seeds)
    instrument, identity = choose_identity(inferencer, args.identity)
    span = args.span * inferencer.fps
    starts = window_starts(args.frames, args.windows, WINDOW)
    curves, pictures = measure(inferencer, cells, identity, starts, span)
    outcomes = {drift: summarise(curves[drift], starts, span) for drift in DRIFTS}
    conclusion = conclude(outcomes)
    if all(np.isnan(curves[drift]["identity"]).all() for drift in DRIFTS):
        instrument = "not measured"  # no face was found, or nobody asked
    titles = {
        "identity": f"identity: {instrument}",
        "sharpness": "sharpness, grey levels / pixel",
        "motion": "motion, grey levels / frame",
    }
    shown = [name for name in CURVES if name != "identity" or instrument != "not measured"]
    lines = {titles[n]: {d: mean_known(curves[d][n], 0) for d in DRIFTS} for n in shown}
    labels = [f"{starts[i]:.0f}" for i in evenly_spread(len(starts), COLUMNS)]
    sheets = [
        contact_sheet(np.stack(rows[: len(DRIFTS)]), DRIFTS, labels, name)
        for name, rows in pictures.items()
    ]
    picture, report = (args.out_dir / f"long_videos.{end}" for end in ("png", "json"))
    blocks = [draw_long_curves(starts, lines, span), stack_sheets(sheets, SHOWN)]
    write_png(picture, stack_sheets(blocks))
    content = {
        "weights": str(args.weights),
        "videos": [name for name, _ in cells],
        "identity": instrument,
        "span": span,
        "starts": starts.tolist(),
        "window": WINDOW,
        "outcomes": {drift: asdict(o) | {"keeps": o.keeps} for drift, o in outcomes.items()},
        "curves": {d: {n: mean_known(c, 0).tolist() for n, c in curves[d].items()} for d in DRIFTS},
        "conclusion": conclusion,
    }
    write_json(report, content)
    for drift, o in outcomes.items():
        print(
            f"{drift:5s} identity {o.identity_early:.2f} -> {o.identity_late:.2f}, "
            f"sharpness x {o.sharpness:.2f}, motion x {o.motion:.2f}"
        )
    print(f"{conclusion} ({len(cells)} videos, frames 0 to {args.frames}, span {span:g} frames)")
    print(picture, report, sep="\n")
