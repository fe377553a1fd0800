import errno
from pathlib import Path

import pytest
import torch

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import read_pickle, write_pickle


def test_round_trip_and_a_full_disc(tmp_path, monkeypatch):
    path = tmp_path / "new" / "state.pt"
    write_pickle(path, {"a": torch.arange(3), "b": [1, "c"]})
    found = read_pickle(path, "begin anew")
    assert found["a"].tolist() == [0, 1, 2] and found["b"] == [1, "c"]

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(UserError, match=r"cannot write .*state.pt: No space left"):
            write_pickle(path, {"a": 1})
    assert [p.name for p in path.parent.iterdir()] == ["state.pt"]
    assert read_pickle(path, "begin anew")["b"] == [1, "c"]


def test_nothing_is_run(tmp_path):
    class Bad:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "run",))

    torch.save({"a": Bad()}, tmp_path / "bad.pt")
    with pytest.raises(UserError, match=r"bad.pt: holds objects .*; begin anew"):
        read_pickle(tmp_path / "bad.pt", "begin anew")
    assert not (tmp_path / "run").exists()
