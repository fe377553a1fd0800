"""Reading of pickles that hold numpy arrays and containers, and nothing else."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from mmctsvg.utils.errors import UserError

_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): np.core.multiarray._reconstruct,
    ("numpy.core.multiarray", "scalar"): np.core.multiarray.scalar,
    ("numpy.core.numeric", "_frombuffer"): np.core.numeric._frombuffer,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}
# Errors of pickle on files that are damaged or something else altogether.
_BROKEN_FILE = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OverflowError,
    TypeError,
    ValueError,
)


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        # numpy 2 writes numpy._core.
        found = _ALLOWED.get((module.replace("numpy._core", "numpy.core"), name))
        if found is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return found


def load_arrays(path: str | Path) -> Any:
    """Read a pickle of numpy arrays in plain containers; a UserError refuses anything else."""
    try:
        with open(path, "rb") as file:
            return _ArrayUnpickler(file).load()
    except _BROKEN_FILE as error:
        raise UserError(f"{path}: is no pickle of plain arrays ({error})") from error
