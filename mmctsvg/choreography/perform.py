"""From a script to frames: the styles of every moment, from three tracks and a time warp."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.motion import Motion
from mmctsvg.utils.errors import UserError

from .script import TRACKS, Change, Script, refuse
from .time_warp import TimeWarp

#: What an empty track does.
STILL = Change(line=1, start=0.0, value="")


def mix(a: Tensor, b: Tensor, share: Tensor, way: str) -> Tensor:
    """Styles between two.

    Args:
        a: Styles (n, d) where ``share`` is 0.
        b: Styles (n, d) where it is 1.
        share: Shares (n,) of ``b``, from 0 to 1.
        way: Kind of the change: ``'linear'``; ``'smooth'``, which starts and ends gently;
            ``'slerp'``, which turns from one direction to the other and lets the length change
            linearly.

    Returns:
        Styles (n, d).
    """
    share = share[:, None].to(a)
    if way == "smooth":
        share = share * share * (3 - 2 * share)
    straight = a + share * (b - a)
    if way != "slerp":
        return straight
    lengths = [x.norm(dim=1, keepdim=True) for x in (a, b)]
    u, v = (x / length.clamp(min=1e-12) for x, length in zip((a, b), lengths, strict=True))
    angle = torch.acos((u * v).sum(dim=1, keepdim=True).clamp(-1, 1))
    turned = (torch.sin((1 - share) * angle) * u + torch.sin(share * angle) * v) / torch.sin(angle)
    turned = turned * (lengths[0] + share * (lengths[1] - lengths[0]))
    # Along one line, in either direction, there is no one way to turn.
    return torch.where(torch.sin(angle) > 1e-4, turned, straight)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """State of one track at n moments.

    Args:
        before: Numbers of the values that go, (n,).
        after: Numbers of the values that come, (n,).
        share: Share of the change that is done, from 0 to 1, (n,).
        way: Kinds of the changes as in `mix`, (n,) of str.
    """

    before: np.ndarray
    after: np.ndarray
    share: np.ndarray
    way: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Script that fits a generator: everything is looked up, nothing is rendered.

    Args:
        inferencer: Generator that shows it.
        script: Choreography as it was written.
        motions: Motions of the motion track, in its order.
        fps: Frames per second of the video.
    """

    inferencer: CTSVGInferencer
    script: Script
    motions: tuple[Motion, ...]
    fps: float

    @property
    def seconds(self) -> np.ndarray:
        """Moments of the frames in seconds, (T,)."""
        return np.arange(max(1, round(self.script.length * self.fps))) / self.fps

    def clocks(self, seconds: np.ndarray) -> np.ndarray:
        """Times (motions, n) of every motion, in its own seconds, at n moments of the video (n,).

        The first motion follows the script's time; every later one begins when it is entered, and
        goes on at the speed of the script's time.
        """
        warp = TimeWarp(self.script.time, self.script.smooth_time)
        rows = []
        for number, change in enumerate(self.script.tracks["motion"] or [STILL]):
            entered = warp([change.start])
            begin = (0.0 if number else entered) if change.begin is None else change.begin
            rows.append(warp(seconds) - entered + begin)
        return np.stack(rows)

    def frames(self, chunk: int = 16, noise: str | None = None, seed: int = 0) -> Iterator[Tensor]:
        """Renders piece by piece; memory does not grow with the length.

        Args:
            chunk: Number of frames rendered at once.
            noise: Noise of the layers, as in `CTSVGInferencer.stream`.
            seed: Seed of the noise.

        Yields:
            Float tensors ``(t, 3, H, W)`` in [-1, 1].
        """
        seconds = self.seconds
        pieces = map(self.styles, np.array_split(seconds, range(chunk, len(seconds), chunk)))
        return self.inferencer.stream_styles(pieces, noise=noise, seed=seed, shortest=chunk)

    @torch.no_grad()
    def styles(self, seconds: np.ndarray) -> Tensor:
        """Styles ``[w_c, m * v(t)]`` (n, S) at n moments of the video (n,)."""
        device = self.inferencer.device
        clocks = self.clocks(seconds)
        temporal = torch.stack(
            [
                self.inferencer.waves(motion).temporal(
                    torch.from_numpy(motion.model_times(clock)).to(device)
                )
                for motion, clock in zip(self.motions, clocks, strict=True)
            ]
        )

        def choose(track: str, pick: Callable[[np.ndarray], Tensor]) -> Tensor:
            part = locate(self.script.tracks[track], seconds)
            share = torch.from_numpy(part.share).to(device)
            before, after = pick(part.before), pick(part.after)
            # Where nothing changes, not even rounding may: these are the styles of a plain video.
            found = torch.where((share < 1)[:, None], before, after)
            for way in set(part.way[(part.share > 0) & (part.share < 1)]):
                here = torch.from_numpy((part.way == way) & (part.share > 0) & (part.share < 1))
                mixed = mix(before, after, share, way)
                found = torch.where(here.to(device)[:, None], mixed, found)
            return found

        rows = np.arange(len(seconds))
        motion = choose("motion", lambda numbers: temporal[numbers, rows])
        # First the actors change under each action, then the action: any mixture of both is right.
        content = choose(
            "action",
            lambda actions: choose("actor", lambda actors: self._contents[actors, actions]),
        )
        return torch.cat([content, motion], dim=1)

    @cached_property
    def _contents(self) -> Tensor:
        """Content styles (actors of the track, actions of the track, d_c)."""
        table = [
            [_content(self.inferencer, actor, action) for action in _values(self.script, "action")]
            for actor in _values(self.script, "actor")
        ]
        return torch.stack([torch.stack(row) for row in table])


def locate(changes: list[Change], seconds: np.ndarray) -> Moment:
    """State of a track at n moments (n,), in seconds; an empty track stays as it is."""
    changes = changes or [STILL]
    starts = np.array([change.start for change in changes])
    after = (np.searchsorted(starts, seconds + 1e-9, side="right") - 1).clip(0)
    before = (after - 1).clip(0)
    over = np.array([change.over for change in changes])[after]
    passed = seconds - starts[after]
    share = np.where(over > 0, passed / np.where(over > 0, over, 1.0), 1.0).clip(0, 1)
    way = np.array([change.way for change in changes])[after]
    return Moment(before=before, after=after, share=share, way=way)


def _values(script: Script, track: str) -> list[str | None]:
    return [change.value for change in script.tracks[track]] or [None]


def _content(inferencer: CTSVGInferencer, actor: str | None, action: str | None) -> Tensor:
    if inferencer.z_c_dim and actor not in inferencer.actors:
        z_c = inferencer.sample_content(1, seed=int(actor or 0))
        return inferencer.content_style(None, action, z_c)
    return inferencer.content_style(actor, action)


def prepare(inferencer: CTSVGInferencer, script: Script, any_weights: bool = False) -> Performance:
    """Looks up all people, actions and motions of a script.

    Args:
        inferencer: Generator that shows it.
        script: Result of `read_script`.
        any_weights: Whether motions of other weights are taken too.

    Raises:
        UserError: If anything does not fit, naming all of it, each with its line.
    """
    problems: list[tuple[int, str]] = []
    motions: list[Motion] = []
    for track in TRACKS:
        changes = script.tracks[track]
        needed = inferencer.card.get(f"{track}s", ())
        if needed and not changes:
            problems.append((1, f"this generator needs an {track} at 0 s: {', '.join(needed)}"))
        for change in changes:
            try:
                if track == "motion":
                    motions.append(inferencer.find_motion(_source(script, change), any_weights))
                elif track == "actor" and inferencer.z_c_dim:
                    _check_content(inferencer, change.value)
                else:
                    getattr(inferencer, f"find_{track}")(change.value)
            except UserError as error:
                problems.append((change.line, str(error).rstrip(".")))
    refuse(script.path, problems)
    motions = motions or [inferencer.find_motion("0")]
    fps = script.fps or inferencer.fps
    return Performance(inferencer=inferencer, script=script, motions=tuple(motions), fps=fps)


def _source(script: Script, change: Change) -> str | Path:
    """Source of a motion: a seed as it is, a file from the script's folder."""
    value = change.value
    return value if _is_whole(value) else script.path.parent / value


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", text) is not None


def _check_content(inferencer: CTSVGInferencer, value: str) -> None:
    if not (_is_whole(value) or value in inferencer.actors):
        raise UserError(
            f"actor {value!r}: this generator knows no actors; give the number of a seed, or the "
            "person of a tuning"
        )
