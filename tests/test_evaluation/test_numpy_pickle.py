import os
import pickle

import numpy as np
import pytest

from mmctsvg.evaluation.numpy_pickle import load_arrays
from mmctsvg.utils.errors import UserError


class Evil:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_arrays_come_back(tmp_path):
    content = {"a": [np.arange(6.0).reshape(2, 3)], "b": {"c": np.float32(2)}, "d": (1, None)}
    path = tmp_path / "x.pkl"
    for protocol in range(3, 6):
        path.write_bytes(pickle.dumps(content, protocol))
        found = load_arrays(path)
        np.testing.assert_array_equal(found["a"][0], content["a"][0])
        assert found["b"]["c"] == 2 and found["d"] == content["d"]


@pytest.mark.parametrize("deep", [False, True])
def test_nothing_else_is_called(tmp_path, deep):
    evil = Evil(f"touch {tmp_path / 'ran'}")
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(np.array([evil], dtype=object) if deep else {"a": evil}))
    with pytest.raises(UserError, match="asks for posix.system"):
        load_arrays(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        pickle.dumps({"a": np.ones(9)})[:40],
        b"\x80\x04\x95" + b"\xff" * 8,  # a frame longer than memory can be: OverflowError
        b"\x80\x04}K\x01a.",  # appends to a dict: AttributeError
        b"\x80\x04h\x07.",  # asks for what was never kept
    ],
)
def test_damage(tmp_path, content):
    path = tmp_path / "x.pkl"
    path.write_bytes(content)
    with pytest.raises(UserError, match="x.pkl: is no pickle of plain arrays"):
        load_arrays(path)
