"""Arrays in MATLAB files."""

import io
import zlib

import numpy as np
from scipy.io import loadmat, whosmat
from scipy.io.matlab import MatReadError

from .clip_reader import BrokenClipError

_BROKEN = (
    MatReadError,
    NotImplementedError,  # of version 7.3, which is HDF5
    IndexError,
    KeyError,
    OSError,
    TypeError,
    ValueError,
    zlib.error,
)


def read_matlab(content: bytes, key: str) -> np.ndarray:
    """Read one array of a MATLAB file.

    Args:
        content: The whole file, of version 5 or before.
        key: Name of the array.

    Raises:
        BrokenClipError: If it is no such file, or holds no array of that name.
    """
    try:
        names = [name for name, *_ in whosmat(io.BytesIO(content))]
        if key in names:
            return loadmat(io.BytesIO(content), variable_names=[key])[key]
    except _BROKEN as error:
        text = " ".join(str(error).split())
        raise BrokenClipError(f"is no whole MATLAB file of version 5 ({text})") from error
    raise BrokenClipError(f"has no array {key}, but {', '.join(names) or 'nothing'}")
