import errno
import json

import pytest

from mmctsvg.utils.errors import UnwritableError, UserError
from mmctsvg.utils.files import atomic_path, make_folder, write_json


def test_appears_only_at_the_end(tmp_path):
    target = tmp_path / "new" / "video.mp4"
    with atomic_path(target) as temporary:
        assert temporary.parent == target.parent and temporary.suffix == ".mp4"
        temporary.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert [path.name for path in target.parent.iterdir()] == ["video.mp4"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, FileNotFoundError])
def test_failure_leaves_the_old_file(tmp_path, error):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(error), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise error("another thing")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_bad_places_are_told(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(UnwritableError, match=r"write .*file/a\.txt: .*; choose another place"),
        atomic_path(tmp_path / "file" / "a.txt"),
    ):
        pass
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(UserError, match="cannot write .*folder"),
        atomic_path(tmp_path / "folder") as temporary,
    ):
        temporary.write_text("x")


def test_a_place_without_the_name_of_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(UserError, match=r"cannot write \.: it is a folder; add the name of a file"),
        atomic_path("."),
    ):
        pass


def test_folders_are_tried(tmp_path):
    make_folder(tmp_path / "a" / "b", "out_dir")
    make_folder(tmp_path / "a" / "b", "out_dir")
    assert not list((tmp_path / "a" / "b").iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot write to .*file/x: .*; choose another out_dir"):
        make_folder(tmp_path / "file" / "x", "out_dir")


def test_full_disc(tmp_path):
    with (
        pytest.raises(UserError, match="cannot write .*a.txt: No space left"),
        atomic_path(tmp_path / "a.txt") as temporary,
    ):
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_json_without_nan(tmp_path):
    nan = float("nan")
    write_json(tmp_path / "a" / "b.json", {"a": [1, nan, ("ä", 2.5)], "b": {"c": nan}})
    text = (tmp_path / "a" / "b.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"a": [1, None, ["ä", 2.5]], "b": {"c": None}} and "ä" in text
    write_json(tmp_path / "c.json", [float("inf"), -float("inf")])
    assert json.loads((tmp_path / "c.json").read_text()) == [None, None]
