"""Measures what stays of the motion when the content changes, and the other way round."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mmctsvg.analysis.disentanglement import measure_drawn, measure_faces
from mmctsvg.analysis.sync import choose_instrument
from mmctsvg.apis.grid import SheetCollector, VideoGrid, plan_grids, stream_grid
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.evaluation.metrics import FaceIdentity, LiASync
from mmctsvg.evaluation.video import Video, video_from_tensor
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json
from mmctsvg.utils.progress import progress_bar
from mmctsvg.visualization import stack_sheets, write_png
from mmctsvg.visualization.bars import plot_bars

from .arguments import pick

SHEET = 8  # frames on the sheet
TITLES = {
    "motion": ("motion that stays (correlation)", "control: other motion, too"),
    "identity": ("identity that stays", "control: another person"),
}


def make_grids(inferencer: CTSVGInferencer, args: argparse.Namespace) -> list[VideoGrid]:
    """Plan a grid for every motion: rows are people, columns actions (one "" if none)."""
    asked = pick(args, "actors", "actions", "seeds")
    plans = plan_grids(inferencer, **asked, contents=range(args.contents))
    if inferencer.actions:
        return plans
    (plan,) = plans
    return [
        replace(plan, title=title, columns=("",), cells=tuple((row[n],) for row in plan.cells))
        for n, title in enumerate(plan.columns)
    ]


def shoot(inferencer: CTSVGInferencer, grids: list[VideoGrid], frames: int) -> Iterator[Video]:
    """Render all videos of all grids, with their labels."""
    with progress_bar("rendering", "video", total=len(grids) * grids[0].count) as progress:
        for grid in grids:
            for actor, row in zip(grid.rows, grid.cells, strict=True):
                for action, cell in zip(grid.columns, row, strict=True):
                    yield video_from_tensor(
                        inferencer.render(range(frames), **cell),
                        f"{actor}, {action}, {grid.title}",
                        fps=inferencer.fps,
                        actor=actor,
                        action=action or None,
                        motion=grid.title,
                    )
                    progress.update()


def make_sheets(grids: list[VideoGrid]) -> list[VideoGrid]:
    """Plan grids of one column: all people, all actions, all motions; else the first of each."""
    first = grids[0]
    actor, action, motion = first.rows[0], first.columns[0], first.title

    def sheet(names: tuple[str, ...], cells: list[dict], *rest: str) -> VideoGrid:
        title = ", ".join(filter(None, rest))
        column = tuple((cell,) for cell in cells)
        return VideoGrid(name="", title=title, rows=names, columns=(title,), cells=column)

    return [
        sheet(first.rows, [row[0] for row in first.cells], motion, action),
        sheet(first.columns, list(first.cells[0]), motion, actor),
        sheet(tuple(g.title for g in grids), [g.cells[0][0] for g in grids], actor, action),
    ]


def draw_sheet(path: Path, inferencer: CTSVGInferencer, grids: list[VideoGrid]) -> None:
    """Draw all people, all actions and all motions."""
    times = range(0, 2 * SHEET, 2)
    blocks = []
    for plan in make_sheets(grids):
        if len(plan.rows) > 1:
            collector = SheetCollector(plan, times)
            for piece in stream_grid(inferencer, plan, times):
                collector.add(piece)
            blocks.append(collector.draw())
    # The largest block to the left, the others below each other beside it.
    beside = [stack_sheets(blocks[1:])] if blocks[1:] else []
    write_png(path, stack_sheets([blocks[0], *beside], columns=2))


def write_report(
    args: argparse.Namespace, grids: list[VideoGrid], instrument: str, frames: int, found: dict
) -> list[Path]:
    """Write the chart and the numbers, and print them."""
    chart, report = (args.out_dir / f"disentanglement.{end}" for end in ("png", "json"))
    measured = [name for name in TITLES if found[name]]
    panels = {
        TITLES[name][0]: [row | {"label": f"another {row['changed']}"} for row in found[name]]
        for name in measured
    }
    plot_bars(chart, panels, [TITLES[name][1] for name in measured])
    about = {
        "weights": str(args.weights),
        "instrument": instrument,
        "people": grids[0].rows,
        "actions": grids[0].columns,
        "motions": len(args.seeds),
        "frames": frames,
    }
    write_json(report, about | found)
    for name in measured:
        for row in found[name]:
            print(
                f"{name} with another {row['changed']}: {row['value']:.2f} "
                f"({row['low']:.2f} to {row['high']:.2f}), control {row['control']:.2f} "
                f"({row['what']})"
            )
    for note in found["notes"]:
        print(note)
    return [chart, report]


def run(args: argparse.Namespace) -> None:
    """Measure."""
    if len(args.seeds) < 2:
        raise UserError("--seeds needs two motions or more, such as 0,1.")
    inferencer = CTSVGInferencer(args.weights, args.device)
    instrument = choose_instrument(inferencer, args.measure)
    frames = max(3, round(args.seconds * inferencer.fps))
    grids = make_grids(inferencer, args)
    if instrument == "lips" and grids[0].count < 2:  # `measure_faces` knows after all videos only
        raise UserError(
            "changing the content needs two actors or two actions, and there is one; show more "
            "--actors or --actions, or only the sheet by --measure none."
        )
    found = None
    if instrument == "drawn":
        found = measure_drawn(shoot(inferencer, grids, frames), frames)
    elif instrument == "lips":
        lips = LiASync(frames=frames)
        identity = FaceIdentity(frames=frames, real_clips=grids[0].count)
        found = measure_faces(shoot(inferencer, grids, frames), lips, identity)

    sheet = args.out_dir / "videos.png"
    draw_sheet(sheet, inferencer, grids)
    written = [] if found is None else write_report(args, grids, instrument, frames, found)
    print(sheet, *written, sep="\n")
