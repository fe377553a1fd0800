"""Performance of a script: the styles of all frames, from three tracks and a time warp."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import torch
from torch import Tensor

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.motion import Motion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.names import find_name

from .script import TRACKS, Change, Script, refuse
from .time_warp import TimeWarp

#: The only change of an empty track.
STILL = Change(line=1, start=0.0, value="")


def mix(a: Tensor, b: Tensor, share: Tensor, way: str) -> Tensor:
    """Interpolate between styles.

    Args:
        a: Styles ``(n, d)`` for the share 0.
        b: Styles ``(n, d)`` for the share 1.
        share: Shares of ``b``, ``(n,)``, 0 to 1.
        way: Kind of the change: ``'linear'``; ``'smooth'``, which starts and ends gently;
            ``'slerp'``, which turns the direction and changes the length linearly.

    Returns:
        Styles ``(n, d)``.
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
    # Vectors on one line, in either direction, have no unique rotation.
    return torch.where(torch.sin(angle) > 1e-4, turned, straight)


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Changes of one track at n times.

    Args:
        before: Numbers of the old values, ``(n,)``.
        after: Numbers of the new values, ``(n,)``.
        share: Completed shares of the changes, ``(n,)``, 0 to 1.
        way: Kinds of the changes as in `mix`, ``(n,)``, str.
    """

    before: np.ndarray
    after: np.ndarray
    share: np.ndarray
    way: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Script that fits a generator: all names are resolved, nothing is rendered.

    Args:
        inferencer: Inferencer of the generator.
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
        """Times of the frames in seconds, ``(T,)``."""
        return np.arange(max(1, round(self.script.length * self.fps))) / self.fps

    def clocks(self, seconds: np.ndarray) -> np.ndarray:
        """Return times ``(motions, n)`` of all motions at times of the video ``(n,)``, in seconds.

        The first motion follows the script's time; every later one begins when it is entered, and
        continues at the speed of the script's time.
        """
        warp = TimeWarp(self.script.time, self.script.smooth_time)
        rows = []
        for number, change in enumerate(self.script.tracks["motion"] or [STILL]):
            entered = warp([change.start])
            begin = (0.0 if number else entered) if change.begin is None else change.begin
            rows.append(warp(seconds) - entered + begin)
        return np.stack(rows)

    def frames(self, chunk: int = 16, noise: str | None = None, seed: int = 0) -> Iterator[Tensor]:
        """Render piece by piece; memory does not grow with the length.

        Args:
            chunk: Number of frames rendered at once.
            noise: Kind of layer noise, as in `CTSVGInferencer.stream`.
            seed: Seed of the noise.

        Yields:
            Float tensors ``(t, 3, H, W)`` in [-1, 1].
        """
        seconds = self.seconds
        pieces = map(self.styles, np.array_split(seconds, range(chunk, len(seconds), chunk)))
        return self.inferencer.stream_styles(pieces, noise=noise, seed=seed, shortest=chunk)

    @torch.no_grad()
    def styles(self, seconds: np.ndarray) -> Tensor:
        """Return styles ``[w_c, m * v(t)]``, ``(n, S)``, at seconds ``(n,)`` of the video."""
        device = self.inferencer.device
        temporal = []
        for motion, clock in zip(self.motions, self.clocks(seconds), strict=True):
            times = torch.from_numpy(motion.model_times(clock))
            temporal.append(self.inferencer.waves(motion).temporal(times))
        motions = torch.stack(temporal)

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
        motion = choose("motion", lambda numbers: motions[numbers, rows])
        # First the actors change under each action, then the action: any mixture of both is right.
        content = choose(
            "action",
            lambda actions: choose("actor", lambda actors: self._contents[actors, actions]),
        )
        return torch.cat([content, motion], dim=1)

    @cached_property
    def _contents(self) -> Tensor:
        """Content styles ``(actors of the track, actions of the track, d_c)``."""
        actors, actions = (
            [change.value for change in self.script.tracks[track]] or [None]
            for track in ("actor", "action")
        )
        table = [_content(self.inferencer, *cell) for cell in product(actors, actions)]
        return torch.stack(table).unflatten(0, (len(actors), len(actions)))


def locate(changes: list[Change], seconds: np.ndarray) -> Transition:
    """Find the changes of a track at times ``(n,)`` in seconds; an empty track stays as it is."""
    changes = changes or [STILL]
    starts = np.array([change.start for change in changes])
    after = (np.searchsorted(starts, seconds + 1e-9, side="right") - 1).clip(0)
    before = (after - 1).clip(0)
    over = np.array([change.over for change in changes])[after]
    passed = seconds - starts[after]
    share = np.where(over > 0, passed / np.where(over > 0, over, 1.0), 1.0).clip(0, 1)
    way = np.array([change.way for change in changes])[after]
    return Transition(before=before, after=after, share=share, way=way)


def _content(inferencer: CTSVGInferencer, actor: str | None, action: str | None) -> Tensor:
    if inferencer.z_c_dim and find_name(actor or "", inferencer.actors) is None:
        z_c = inferencer.sample_content(1, seed=int(actor or 0))
        return inferencer.content_style(None, action, z_c)
    return inferencer.content_style(actor, action)


def prepare(inferencer: CTSVGInferencer, script: Script, any_weights: bool = False) -> Performance:
    """Resolve all actors, actions and motions of a script.

    Args:
        inferencer: Inferencer of the generator.
        script: Result of `read_script`.
        any_weights: Whether motions of other weights are accepted.

    Raises:
        UserError: If anything does not fit; it lists all mistakes with their lines.
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
                    seed = _is_whole(change.value)
                    source = change.value if seed else script.path.parent / change.value
                    motions.append(inferencer.find_motion(source, any_weights))
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


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", text) is not None


def _check_content(inferencer: CTSVGInferencer, value: str) -> None:
    if not _is_whole(value) and find_name(value, inferencer.actors) is None:
        raise UserError(
            f"actor {value!r}: this generator knows no actors; give the number of a seed, or the "
            "person of a tuning"
        )
