"""Safetensors files with a card: tensors, and a description as JSON in the file's metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path


@dataclass(frozen=True, kw_only=True)
class CardFile:
    """A kind of file: safetensors with a card.

    Args:
        key: of the card in the metadata.
        what: the content, one word: ``generator``; ``WHAT.safetensors`` is the usual name.
        mend: what to do about a damaged file, the end of a sentence: ``export it again``.
        format: number of the format that is written and read.
    """

    key: str
    what: str
    mend: str
    format: int = 1

    def write(
        self, path: str | Path, card: Mapping[str, Any], tensors: Mapping[str, Tensor]
    ) -> None:
        """Writes a file, which appears only when it is complete.

        Args:
            path: ends in ``.safetensors``; missing folders are made.
            card: what JSON can hold; the format is added.
            tensors: by name; they are copied to the CPU.

        Raises:
            UserError: if the ending is another one, or the place cannot be written to.
        """
        path = Path(path)
        if path.suffix != ".safetensors":
            raise UserError(
                f"{path}: a {self.what} is written as .safetensors, not as '{path.suffix}'."
            )
        plain = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
        plain = {name: tensor.contiguous() for name, tensor in plain.items()}
        with atomic_path(path) as temporary:
            temporary.write_bytes(save(plain, {self.key: self.dump(card)}))

    def dump(self, card: Mapping[str, Any]) -> str:
        """The card as JSON, with its format."""
        return json.dumps({"format": self.format, **card})

    def read(self, path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Reads the card and all tensors; nothing in the file is executed.

        Raises:
            UserError: if the file is missing, damaged, of another kind or format.
        """
        path = Path(path)
        if not path.is_file():
            raise UserError(f"{path}: there is no such file; give a {self.what}.safetensors.")
        try:
            with safe_open(str(path), framework="pt") as file:
                text = (file.metadata() or {}).get(self.key)
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{path}: is damaged or no {self.what} ({error}); {self.mend}."
            ) from error
        return self.parse(path, text), tensors

    def parse(self, path: str | Path, text: Any) -> dict[str, Any]:
        """The card in a text, None where there is none.

        Raises:
            UserError: naming ``path``, if it is no card of this kind and format.
        """
        if not isinstance(text, str):
            raise UserError(
                f"{path}: holds no {self.what}; give a {self.what}.safetensors that mmctsvg wrote."
            )
        try:
            card = json.loads(text)
        except json.JSONDecodeError as error:
            raise UserError(
                f"{path}: its card is damaged, it is no JSON ({error}); {self.mend}."
            ) from error
        version = card.get("format") if isinstance(card, dict) else None
        if version != self.format:
            raise UserError(
                f"{path}: its format is {version!r}, and this version of mmctsvg reads "
                f"{self.format}."
            )
        return card


def check_finite(path: str | Path, tensors: Mapping[str, Tensor], mend: str) -> None:
    """Refuses tensors with values that are no finite numbers.

    Args:
        path: named in the error.
        tensors: by name.
        mend: the end of the sentence.

    Raises:
        UserError: naming the first such tensor.
    """
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise UserError(f"{path}: {name} holds values that are not finite; {mend}.")
