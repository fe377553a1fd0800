"""Safetensors files with a card: tensors, and a description as JSON in the file's metadata.

The metadata also hold a checksum of all the rest, so that no flipped byte goes unnoticed.
"""

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

from .hashing import hash_tensors

FORMAT = 1  # of all cards that are written and read
CHECKSUM = "sha256"  # key of the metadata; older files have none


@dataclass(frozen=True, kw_only=True)
class CardFile:
    """A kind of file: safetensors with a card.

    Args:
        key: Key of the card in the metadata.
        what: Content in one word, such as ``generator``; ``WHAT.safetensors`` is the usual name.
        mend: Remedy for a damaged file, the end of a sentence: ``export it again``.
    """

    key: str
    what: str
    mend: str

    def write(
        self, path: str | Path, card: Mapping[str, Any], tensors: Mapping[str, Tensor]
    ) -> None:
        """Write a file, which appears only when it is complete.

        Args:
            path: Path that ends in ``.safetensors``; missing folders are made.
            card: Plain data that JSON can hold; the format is added.
            tensors: Tensors by name; they are copied to the CPU.

        Raises:
            UserError: If the ending is another one, or the place cannot be written to.
        """
        path = Path(path)
        if path.suffix != ".safetensors":
            raise UserError(
                f"{path}: a {self.what} is written as .safetensors, not as '{path.suffix}'."
            )
        plain = {name: x.detach().cpu().clone().contiguous() for name, x in tensors.items()}
        with atomic_path(path) as temporary:
            text = json.dumps({"format": FORMAT, **card})
            checksum = self.checksum(text, plain)
            temporary.write_bytes(save(plain, {self.key: text, CHECKSUM: checksum}))

    def read(self, path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Read the card and all tensors; nothing in the file is executed.

        Raises:
            UserError: If the file is missing, unreadable, damaged, of another kind or format, or
                its content is not that of its checksum.
        """
        path = Path(path)
        if not path.is_file():
            raise UserError(f"{path}: there is no such file; give a {self.what}.safetensors.")
        try:
            with safe_open(str(path), framework="pt") as file:
                metadata = file.metadata() or {}
                text = metadata.get(self.key)
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{path}: is damaged or no {self.what} ({error}); {self.mend}."
            ) from error
        card = self.parse(path, text)
        if metadata.get(CHECKSUM) not in (None, self.checksum(text, tensors)):
            raise UserError(
                f"{path}: is damaged, its content has another checksum than when it was written; "
                f"{self.mend}."
            )
        return card, tensors

    def checksum(self, text: str, tensors: Mapping[str, Tensor]) -> str:
        """Compute the hexadecimal sha256 of a card's text and its tensors (CPU)."""
        digest = hash_tensors(tensors)
        digest.update(f"{self.key} {text}".encode())
        return digest.hexdigest()

    def parse(self, path: str | Path, text: Any) -> dict[str, Any]:
        """Parse the text of a card, which is None in files without one.

        Raises:
            UserError: If it is no card of this kind and format; it names ``path``.
        """
        if not isinstance(text, str):
            raise UserError(
                f"{path}: holds no {self.what}; give a {self.what}.safetensors that mmctsvg wrote."
            )
        try:
            card = json.loads(text)
        except (ValueError, RecursionError) as error:  # RecursionError: nested a thousand times
            raise UserError(
                f"{path}: its card is damaged, it is no JSON ({error}); {self.mend}."
            ) from error
        version = card.get("format") if isinstance(card, dict) else None
        if version != FORMAT:
            raise UserError(
                f"{path}: its format is {version!r}, and this version of mmctsvg reads {FORMAT}."
            )
        return card


def check_finite(path: str | Path, tensors: Mapping[str, Tensor], mend: str) -> None:
    """Refuse tensors with values that are no finite numbers.

    Args:
        path: Path that the error names.
        tensors: Tensors by name.
        mend: Remedy, the end of the error's sentence.

    Raises:
        UserError: If there is such a tensor; it names the first.
    """
    for name, tensor in tensors.items():
        # PyTorch asks no numbers of 8 bits whether they are finite.
        values = tensor.float() if tensor.element_size() == 1 else tensor
        if not values.isfinite().all():
            raise UserError(f"{path}: {name} holds values that are not finite; {mend}.")
