"""A long run that can be interrupted: its state in a file, its progress on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import read_pickle, write_pickle
from mmctsvg.utils.progress import progress_bar

from .digest import digest


class Job:
    """Keeps the state of one run, and continues from it when the same run begins again.

    As a context manager it removes the state's file in the end, if all went well: save the result
    within.

    Args:
        state: File in which the state is kept, from time to time and after the last step; None
            keeps nothing.
        label: Name under which progress is shown; None shows none.
        save_every: Seconds between two savings.

    Attributes:
        seconds: Time that all steps have taken until the last saving, also those before an
            interruption.
    """

    def __init__(
        self, state: str | Path | None = None, *, label: str | None = None, save_every: float = 10.0
    ) -> None:
        self.state = None if state is None else Path(state)
        self.label, self.save_every = label, save_every

    def __enter__(self) -> Job:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self.state is not None:
            self.state.unlink(missing_ok=True)

    def begin(self, inputs: Any) -> None:
        """Begin, or continue from the state that a run with the same inputs has left.

        Args:
            inputs: Everything that the result depends on, as `digest` takes it.

        Raises:
            UserError: If the state belongs to other inputs.
        """
        self._key, self._parts = digest(inputs), {}
        self._kept: dict[str, Any] = {"key": self._key, "values": {}, "parts": {}, "seconds": 0.0}
        if self.state is not None and self.state.exists():
            self._kept = read_pickle(self.state, "remove it to begin anew")
            if not isinstance(self._kept, dict) or self._kept.get("key") != self._key:
                raise UserError(
                    f"{self.state}: is the state of a job on another clip or with other settings; "
                    "remove it, or choose another folder."
                )
        self._values: dict[str, Any] = self._kept["values"]
        self.seconds: float = self._kept["seconds"]

    def recall(self, name: str, find: Callable[[], Any]) -> Any:
        """Return a plain value that is found once, at the first beginning."""
        if name not in self._values:
            self._values[name] = find()
        return self._values[name]

    def resume(self, name: str, part: Any) -> Any:
        """Return an object in the state that was kept, if there is any; it is kept from now on.

        Args:
            name: Name of the object in the state.
            part: Object with ``state_dict`` and ``load_state_dict``.
        """
        if name in self._kept["parts"]:
            part.load_state_dict(self._kept["parts"][name])
        self._parts[name] = part
        return part

    @contextmanager
    def steps(self, left: int) -> Iterator[Callable[[], None]]:
        """Show the progress of steps; save from time to time, and in the end.

        Args:
            left: Number of steps that are to be taken.

        Yields:
            Function to call after each step.
        """
        self._saved = time.monotonic()
        with progress_bar(self.label, "step", total=left) as progress:

            def on_step() -> None:
                progress.update()
                if time.monotonic() - self._saved >= self.save_every:
                    self._save()

            yield on_step
        self._save()

    def _save(self) -> None:
        now = time.monotonic()
        self.seconds, self._saved = self.seconds + now - self._saved, now
        if self.state is not None:
            parts = {name: part.state_dict() for name, part in self._parts.items()}
            kept = {"values": self._values, "parts": parts, "seconds": self.seconds}
            write_pickle(self.state, {"key": self._key, **kept})
