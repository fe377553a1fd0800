"""Video grids: many actors and actions in one video, and the contact sheet of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from mmctsvg.motion import Motion, Waves
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.utils.progress import progress_bar
from mmctsvg.utils.spread import evenly_spread
from mmctsvg.visualization import (
    FrameFolder,
    SheetLayout,
    VideoWriter,
    choose_scale,
    contact_sheet,
    stack_sheets,
    time_label,
    write_png,
)

from .video_inferencer import VideoInferencer

FORMATS = ("mp4", "gif", "png", "sheet")
SMALLEST_VIDEO = 96  # pixels that a video in a video has at least, so that people can watch it

_Cell = dict[str, Any]  # arguments of `VideoInferencer.stream`


@dataclass(frozen=True, kw_only=True)
class VideoGrid:
    """Plan of one video that shows many.

    Args:
        name: Short name, unique among the videos that are made together; empty for a single video.
        title: One line for people.
        rows: Names of the rows.
        columns: Names of the columns.
        cells: Arguments of `VideoInferencer.stream` for every row and column; or ``frames``, uint8
            ``(T, H, W, 3)``, which are shown as they are.
    """

    name: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[_Cell, ...], ...]

    @property
    def count(self) -> int:
        """Number of videos in the grid."""
        return len(self.rows) * len(self.columns)


def plan_grids(
    inferencer: VideoInferencer,
    *,
    actors: Sequence[str | int] | None = None,
    actions: Sequence[str | int] | None = None,
    seeds: Sequence[int] = (0,),
    contents: Sequence[int] = (0, 1, 2, 3),
    motions: Mapping[str, Motion | Waves | Tensor] | None = None,
) -> list[VideoGrid]:
    """Arrange actors, actions and motions in grids.

    Rows are actors, or drawn contents if the generator knows no actors. Columns are actions; every
    motion seed then has its own video, in which all people move by the same motion vector. If the
    generator knows no actions, there is one video whose columns are the motions.

    Args:
        inferencer: Inferencer that renders.
        actors: Names or numbers; None for all.
        actions: Names or numbers; None for all.
        seeds: Seeds of the motions; repeated ones count once.
        contents: Seeds of the contents, used if the generator knows no actors.
        motions: Motions, `Waves` or motion vectors ``(k,)`` by name, instead of those of ``seeds``.

    Returns:
        At least one plan.

    Raises:
        UserError: If an actor or action is unknown.
    """
    if inferencer.actors or actors is not None:
        numbers = [inferencer.find_actor(a) for a in (actors or range(len(inferencer.actors)))]
        rows = {inferencer.actors[n]: {"actor": n} for n in numbers}
    else:
        rows = {f"content {s}": inferencer.content_of(s) for s in contents}
    if motions is None:
        drawn = {s: {**inferencer.motion_of(s), "seed": s} for s in seeds}
        cells = [(f"seed{s}", f"motion {s}", cell) for s, cell in drawn.items()]
    else:
        cells = [(name, name, {"motion": motion}) for name, motion in motions.items()]
    if not inferencer.actions and actions is None:
        columns = {title: cell for _, title, cell in cells}
        return [_grid("", ", ".join(columns), rows, columns)]
    numbers = [inferencer.find_action(a) for a in (actions or range(len(inferencer.actions)))]
    plans = []
    for name, title, cell in cells:
        columns = {inferencer.actions[n]: {"action": n, **cell} for n in numbers}
        plans.append(_grid(name if len(cells) > 1 else "", title, rows, columns))
    return plans


def _grid(name: str, title: str, rows: dict[str, _Cell], columns: dict[str, _Cell]) -> VideoGrid:
    cells = tuple(tuple({**row, **column} for column in columns.values()) for row in rows.values())
    return VideoGrid(name=name, title=title, rows=tuple(rows), columns=tuple(columns), cells=cells)


def stream_grid(
    inferencer: VideoInferencer,
    plan: VideoGrid,
    times: Sequence[float],
    *,
    chunk: int = 16,
    **options: Any,
) -> Iterator[np.ndarray]:
    """Render a grid piece by piece; memory does not grow with the length.

    Args:
        inferencer: Inferencer that renders.
        plan: Plan of the video.
        times: Times in frames.
        chunk: Number of frames of every video that are rendered at once.
        **options: ``noise`` and ``exact`` of `VideoInferencer.stream`.

    Yields:
        uint8 RGB arrays ``(t, R, C, H, W, 3)``.
    """
    options |= {"chunk": chunk, "prepared": inferencer.prepare()}  # once for all cells
    streams = [
        iter(np.array_split(cell["frames"], range(chunk, len(cell["frames"]), chunk)))
        if "frames" in cell
        else map(to_uint8, inferencer.stream(times, **cell, **options))
        for row in plan.cells
        for cell in row
    ]
    for pieces in zip(*streams, strict=True):
        grid = np.stack(pieces, axis=1)
        yield grid.reshape(len(grid), len(plan.rows), len(plan.columns), *grid.shape[2:])


class SheetCollector:
    """Collects a few frames of a grid that is being rendered, for its contact sheet.

    Args:
        plan: Plan of the video.
        times: Times of the video.
        columns: Largest number of frames that are kept, evenly spread over the video.
    """

    def __init__(self, plan: VideoGrid, times: Sequence[float], columns: int = 8) -> None:
        self.plan = plan
        self._wanted = evenly_spread(len(times), columns)
        self._labels = [time_label(times[i]) for i in self._wanted]
        self._kept: list[np.ndarray] = []
        self._seen = 0

    def add(self, frames: np.ndarray) -> None:
        """Take the next frames ``(t, R, C, H, W, 3)``."""
        for i in self._wanted[len(self._kept) :]:
            if i < self._seen + len(frames):
                self._kept.append(frames[i - self._seen].copy())
        self._seen += len(frames)

    def draw(self) -> np.ndarray:
        """Draw the sheet, uint8 RGB: one block per column of the grid, time to the right."""
        kept = np.stack(self._kept)  # (n, R, C, H, W, 3)
        blocks = [
            contact_sheet(kept[:, :, c].swapaxes(0, 1), self.plan.rows, self._labels, name)
            for c, name in enumerate(self.plan.columns)
        ]
        return stack_sheets(blocks, columns=1 if len(blocks) < 3 else 2)


def write_grid(
    inferencer: VideoInferencer,
    plan: VideoGrid,
    times: Sequence[float],
    base: str | Path,
    *,
    formats: Sequence[str] = ("mp4", "sheet"),
    fps: float | None = None,
    label: str | None = None,
    sound: str | Path | None = None,
    **options: Any,
) -> list[Path]:
    """Render a grid into files; memory does not grow with the length.

    Args:
        inferencer: Inferencer that renders.
        plan: Plan of the video.
        times: Times in frames.
        base: Path of the files without their ending.
        formats: Some of ``'mp4'`` and ``'gif'`` (the grid with names as a video), ``'png'`` (the
            folder ``base_frames`` with bare frames of every video, laid out as
            ``row/column/000000.png``) and ``'sheet'`` (the contact sheet, ``base.png``).
        fps: Frames per second of the video; by default those of the training clips.
        label: Name under which progress is shown; None shows none.
        sound: Video whose sound is put under the mp4, if it has any.
        **options: ``noise``, ``chunk`` and ``exact`` of `VideoInferencer.stream`.

    Returns:
        Paths of what was written.

    Raises:
        UserError: If the noise is unknown, or no video has this frame rate.
    """
    base, layout, sheet = Path(base), _layout(plan, inferencer.size), SheetCollector(plan, times)
    written = [base.with_name(f"{base.name}.{end}") for end in ("mp4", "gif") if end in formats]
    rate = inferencer.fps if fps is None else fps
    writers = [VideoWriter(path, rate, sound=sound) for path in written]
    with ExitStack() as stack:
        for writer in writers:  # all of them are made before one begins a file
            stack.enter_context(writer)
        folders: list[FrameFolder] = []
        if "png" in formats:
            written.append(base.with_name(f"{base.name}_frames"))
            names = product(_folder_names(plan.rows), _folder_names(plan.columns))
            folders = [stack.enter_context(FrameFolder(written[-1].joinpath(*n))) for n in names]
        total = len(times) * plan.count
        progress = stack.enter_context(progress_bar(label, "frame", total=total))
        for grid in stream_grid(inferencer, plan, times, **options):
            sheet.add(grid)
            if writers:
                frames = np.stack([layout.draw(frame) for frame in grid])
                for writer in writers:
                    writer.write(frames)
            for number, folder in enumerate(folders):
                folder.write(grid[:, *divmod(number, len(plan.columns))])
            progress.update(len(grid) * plan.count)
        if "sheet" in formats:  # before the videos end, which get their sound then
            written.append(base.with_name(f"{base.name}.png"))
            write_png(written[-1], sheet.draw())
    return written


def _layout(plan: VideoGrid, size: int) -> SheetLayout:
    shape = (len(plan.rows), len(plan.columns), size, size)
    scale = choose_scale(*shape[1:], smallest=SMALLEST_VIDEO)
    return SheetLayout(*shape, plan.rows, plan.columns, scale=scale)


def _folder_names(labels: Sequence[str]) -> list[str]:
    """Labels, which come from files that anybody may have made, as different names of folders.

    Where two would share a folder, the later one's number among the labels is appended.
    """
    names: list[str] = []
    for number, label in enumerate(labels):
        name = re.sub(r"[^\w-]+", "_", label) or "_"
        while name in names:
            name += f"_{number}"
        names.append(name)
    return names
