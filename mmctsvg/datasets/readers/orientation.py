"""Pictures that lie on their side or are mirrored, as phones store them."""

from typing import NamedTuple

import numpy as np


class Orientation(NamedTuple):
    """How a stored picture becomes upright: the transposition comes first."""

    transpose: bool = False
    flip_horizontal: bool = False
    flip_vertical: bool = False

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """Turn a picture (H, W, ...) upright; a view where nothing has to be done."""
        if not any(self):
            return picture
        if self.transpose:
            picture = picture.swapaxes(0, 1)
        rows = slice(None, None, -1 if self.flip_vertical else 1)
        columns = slice(None, None, -1 if self.flip_horizontal else 1)
        return np.ascontiguousarray(picture[rows, columns])

    @classmethod
    def from_matrix(cls, matrix: np.ndarray) -> "Orientation | None":
        """Read a display matrix, which takes (x, y) to (a x + c y, b x + d y), y pointing down.

        Args:
            matrix: int (9,): a, b, u, c, d, v, x, y, w.

        Returns:
            The orientation; None where the matrix turns by something else than quarters.
        """
        a, b, c, d = (int(matrix[place]) for place in (0, 1, 3, 4))
        if b == c == 0 and a and d:
            return cls(flip_horizontal=a < 0, flip_vertical=d < 0)
        if a == d == 0 and b and c:
            return cls(transpose=True, flip_horizontal=c < 0, flip_vertical=b < 0)
        return None


UPRIGHT = Orientation()

# The values of the tag Orientation of EXIF, 1 to 8.
EXIF_ORIENTATIONS = {
    1: UPRIGHT,
    2: Orientation(False, True, False),
    3: Orientation(False, True, True),
    4: Orientation(False, False, True),
    5: Orientation(True, False, False),
    6: Orientation(True, True, False),
    7: Orientation(True, True, True),
    8: Orientation(True, False, True),
}
