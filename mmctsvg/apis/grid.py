"""Video grids: many actors and actions in one video, and the contact sheet of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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

from .inferencer import CTSVGInferencer

FORMATS = ("mp4", "gif", "png", "sheet")
SMALLEST_VIDEO = 96  # pixels that a video in a video has at least, so that people can watch it


@dataclass(frozen=True, kw_only=True)
class VideoGrid:
    """What stands where in one video.

    Args:
        name: short name, unique among the videos that are made together; empty for a single video.
        title: one line for people.
        rows: names of the rows.
        columns: names of the columns.
        cells: for every row and column what `CTSVGInferencer.stream` needs to know; or ``frames``,
            uint8 ``(T, H, W, 3)``, which are shown as they are.
    """

    name: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[dict[str, Any], ...], ...]

    @property
    def count(self) -> int:
        """Number of videos in the grid."""
        return len(self.rows) * len(self.columns)


def plan_grids(
    inferencer: CTSVGInferencer,
    *,
    actors: Sequence[str | int] | None = None,
    actions: Sequence[str | int] | None = None,
    seeds: Sequence[int] = (0,),
    contents: Sequence[int] = (0, 1, 2, 3),
    motions: Mapping[str, Motion | Waves | Tensor] | None = None,
) -> list[VideoGrid]:
    """Arranges what is asked for in grids.

    Rows are actors, or drawn contents if the generator knows no actors. Columns are actions; every
    motion seed then has its own video, in which all people move by the same motion vector. If the
    generator knows no actions, there is one video whose columns are the motions.

    Args:
        inferencer: the generator.
        actors: names or numbers; ``None`` for all.
        actions: names or numbers; ``None`` for all.
        seeds: seeds of the motions; repeated ones count once.
        contents: seeds of the contents, used if the generator knows no actors.
        motions: motions, `Waves` or motion vectors ``(k,)`` by name, instead of those of ``seeds``.

    Returns:
        At least one plan.

    Raises:
        UserError: if an actor or action is unknown.
    """
    if inferencer.actors or actors is not None:
        numbers = [inferencer.find_actor(a) for a in (actors or range(len(inferencer.actors)))]
        rows = {inferencer.actors[n]: {"actor": n} for n in numbers}
    else:
        rows = {f"content {s}": {"z_c": inferencer.sample_content(1, seed=s)[0]} for s in contents}
    if motions is None:
        seeds = list(dict.fromkeys(seeds))
        cells = {
            f"motion {s}": {"motion": inferencer.sample_motion(1, seed=s)[0], "seed": s}
            for s in seeds
        }
        names = [f"seed{s}" for s in seeds]
    else:
        cells = {name: {"motion": m} for name, m in motions.items()}
        names = list(motions)
    if not (inferencer.actions or actions is not None):
        return [_grid("", ", ".join(cells), rows, cells)]
    numbers = [inferencer.find_action(a) for a in (actions or range(len(inferencer.actions)))]
    videos = []
    for name, (title, cell) in zip(names, cells.items(), strict=True):
        columns = {inferencer.actions[n]: {"action": n, **cell} for n in numbers}
        videos.append(_grid(name if len(names) > 1 else "", title, rows, columns))
    return videos


def _grid(
    name: str, title: str, rows: dict[str, dict[str, Any]], columns: dict[str, dict[str, Any]]
) -> VideoGrid:
    cells = tuple(tuple({**row, **column} for column in columns.values()) for row in rows.values())
    return VideoGrid(name=name, title=title, rows=tuple(rows), columns=tuple(columns), cells=cells)


def stream_grid(
    inferencer: CTSVGInferencer,
    plan: VideoGrid,
    times: Sequence[float],
    *,
    chunk: int = 16,
    **options: Any,
) -> Iterator[np.ndarray]:
    """Renders a grid piece by piece; memory does not grow with the length.

    Args:
        inferencer: the generator.
        plan: what to render.
        times: when, in frames.
        chunk: frames of every video that are rendered at once.
        **options: of `CTSVGInferencer.stream`: ``noise``, ``exact``.

    Yields:
        uint8 RGB arrays ``(t, R, C, H, W, 3)``.
    """
    prepared = inferencer.prepare()  # once for all cells
    streams = [
        iter(np.array_split(cell["frames"], range(chunk, len(cell["frames"]), chunk)))
        if "frames" in cell
        else map(
            to_uint8, inferencer.stream(times, chunk=chunk, prepared=prepared, **cell, **options)
        )
        for row in plan.cells
        for cell in row
    ]
    for pieces in zip(*streams, strict=True):
        grid = np.stack(pieces, axis=1)
        yield grid.reshape(len(grid), len(plan.rows), len(plan.columns), *grid.shape[2:])


class SheetCollector:
    """Keeps a few frames of a video that passes by and draws their contact sheet.

    Args:
        plan: the video's plan.
        times: the video's times.
        columns: at most how many frames are kept, evenly spread over the video.
    """

    def __init__(self, plan: VideoGrid, times: Sequence[float], columns: int = 8) -> None:
        self.plan = plan
        self._wanted = evenly_spread(len(times), columns)
        self._labels = [time_label(times[i]) for i in self._wanted]
        self._kept: list[np.ndarray] = []
        self._seen = 0

    def add(self, frames: np.ndarray) -> None:
        """Takes the next frames ``(t, R, C, H, W, 3)``."""
        for i in self._wanted[len(self._kept) :]:
            if i < self._seen + len(frames):
                self._kept.append(frames[i - self._seen].copy())
        self._seen += len(frames)

    def draw(self) -> np.ndarray:
        """The sheet: one block per column of the grid; in it rows stay rows, columns are time.

        Returns:
            uint8 RGB image.
        """
        kept = np.stack(self._kept)  # (n, R, C, H, W, 3)
        blocks = [
            contact_sheet(kept[:, :, c].swapaxes(0, 1), self.plan.rows, self._labels, name)
            for c, name in enumerate(self.plan.columns)
        ]
        return stack_sheets(blocks, columns=1 if len(blocks) < 3 else 2)


def write_grid(
    inferencer: CTSVGInferencer,
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
    """Renders a grid into files; memory does not grow with the length.

    Args:
        inferencer: the generator.
        plan: what to render.
        times: when, in frames.
        base: path of the files without their ending.
        formats: some of ``'mp4'`` and ``'gif'`` (the grid with names as a video), ``'png'`` (the
            folder ``base_frames`` with bare frames of every video, laid out as
            ``row/column/000000.png``) and ``'sheet'`` (the contact sheet, ``base.png``).
        fps: frames per second of the video; by default those of the training clips.
        sound: a video whose sound is put under the mp4, if it has any.
        label: shows progress under this name.
        **options: of `CTSVGInferencer.stream`: ``noise``, ``chunk``, ``exact``.

    Returns:
        What was written.

    Raises:
        UserError: for an unknown noise or a frame rate that no video has.
    """
    base = Path(base)
    size = inferencer.size
    shape = (len(plan.rows), len(plan.columns), size, size)
    scale = choose_scale(*shape[1:], smallest=SMALLEST_VIDEO)
    layout = SheetLayout(*shape, plan.rows, plan.columns, scale=scale)
    videos = [base.with_name(f"{base.name}.{end}") for end in ("mp4", "gif") if end in formats]
    frames_dir = base.with_name(f"{base.name}_frames")
    sheet_path = base.with_name(f"{base.name}.png")
    sheet = SheetCollector(plan, times)
    with ExitStack() as stack:
        rate = inferencer.fps if fps is None else fps
        writers = [VideoWriter(path, rate, sound=sound) for path in videos]
        for writer in writers:  # all of them are made before one begins a file
            stack.enter_context(writer)
        folders: dict[tuple[int, int], FrameFolder] = {}
        if "png" in formats:
            columns = _folder_names(plan.columns)
            for r, row in enumerate(_folder_names(plan.rows)):
                for c, column in enumerate(columns):
                    place = frames_dir / row / column
                    folders[r, c] = stack.enter_context(FrameFolder(place))
        total = len(times) * plan.count
        progress = stack.enter_context(progress_bar(label, "frame", total=total))
        for grid in stream_grid(inferencer, plan, times, **options):
            sheet.add(grid)
            if writers:
                frames = np.stack([layout.draw(frame) for frame in grid])
                for writer in writers:
                    writer.write(frames)
            for (r, c), folder in folders.items():
                folder.write(grid[:, r, c])
            progress.update(len(grid) * plan.count)
    written = [*videos, *([frames_dir] if folders else [])]
    if "sheet" in formats:
        write_png(sheet_path, sheet.draw())
        written.append(sheet_path)
    return written


def _folder_names(labels: Sequence[str]) -> list[str]:
    """Labels as names of folders, all different.

    Labels come from files that anybody may have made. Where two would share a folder, the later
    one's number among the labels is appended.
    """
    names: list[str] = []
    for number, label in enumerate(labels):
        name = re.sub(r"[^\w-]+", "_", label) or "_"
        while name in names:
            name += f"_{number}"
        names.append(name)
    return names
