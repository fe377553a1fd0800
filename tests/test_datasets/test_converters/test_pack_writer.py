import errno
import multiprocessing
import os
import zipfile

import pytest

from mmctsvg.datasets.converters.pack_writer import PackWriter
from mmctsvg.utils.errors import UserError

CLIPS = {f"c{n}": [bytes([n, k]) * 50 for k in range(4)] for n in range(5)}


def fill(path, names):
    writer = PackWriter(path, {"size": 8})
    for name in names:
        if name not in writer.entries:
            writer.append(name, CLIPS[name], ".jpg", {"fps": 1.0})
    return writer


@pytest.fixture
def whole(tmp_path):
    """What a run without interruption leaves: (zip, index)."""
    fill(tmp_path / "straight/clips.zip", CLIPS).close()
    return [(tmp_path / "straight" / name).read_bytes() for name in ("clips.zip", "clips.jsonl")]


def test_every_interruption_leads_to_the_same_files(tmp_path, whole):
    """Killed anywhere: any length of the pack with any length of the index that was possible."""
    path = tmp_path / "again/clips.zip"
    index = path.with_suffix(".jsonl")
    path.parent.mkdir()
    lines = whole[1].splitlines(keepends=True)
    for done in range(len(lines) + 1):
        text = b"".join(lines[:done])
        for part in (0, 7):
            for extra in (0, 31, 150) if done else (0,):  # of the clip that was being written
                end = 0 if done < 2 else 4 * (100 + 30 + len("c0/000000.jpg")) * (done - 1)
                path.write_bytes(whole[0][: end + extra])
                index.write_bytes(text + (lines[done][:part] if done < len(lines) else b""))
                writer = fill(path, CLIPS)
                writer.close()
                assert [path.read_bytes(), index.read_bytes()] == whole, (done, part, extra)


def test_an_index_ahead_of_the_pack_is_cut_back(tmp_path, whole):
    """As after a power failure."""
    path = tmp_path / "again/clips.zip"
    path.parent.mkdir()
    path.write_bytes(whole[0][:1000])
    path.with_suffix(".jsonl").write_bytes(whole[1])
    writer = fill(path, [])
    assert list(writer.entries) == ["c0"]
    fill_rest = [name for name in CLIPS if name not in writer.entries]
    for name in fill_rest:
        writer.append(name, CLIPS[name], ".jpg", {"fps": 1.0})
    writer.close()
    assert path.read_bytes() == whole[0]


def test_many_pictures(tmp_path):
    """More than the 65,535 of an old zip."""
    writer = PackWriter(tmp_path / "clips.zip", {})
    writer.append("many", [b"%d" % n for n in range(66_000)], ".png", {"fps": 1.0})
    writer.close()
    with zipfile.ZipFile(tmp_path / "clips.zip") as archive:
        assert len(archive.namelist()) == 66_000
        assert archive.read("many/065999.png") == b"65999"


def test_refusals(tmp_path):
    path = tmp_path / "out/clips.zip"
    fill(path, ["c0"]).close()
    with pytest.raises(UserError, match="holds a conversion with size 8, not 16: go on with"):
        PackWriter(path, {"size": 16})
    path.with_suffix(".jsonl").unlink()
    with pytest.raises(UserError, match="is there already, but not made by us"):
        PackWriter(path, {"size": 8})
    assert path.stat().st_size > 0  # nothing was lost
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is a file: the result needs a folder"):
        PackWriter(tmp_path / "file/clips.zip", {})


def test_an_index_of_somebody_else(tmp_path):
    """Nothing of theirs is lost, with or without a zip beside it."""
    path = tmp_path / "clips.zip"
    index = path.with_suffix(".jsonl")
    for text in ("their list\n", "their list", "[1]\n", ""):
        for zipped in (b"PK of theirs", b""):
            path.write_bytes(zipped)
            index.write_text(text)
            if text or zipped:
                with pytest.raises(
                    UserError, match="clips.jsonl is there already, but not made by"
                ):
                    PackWriter(path, {"size": 8})
                assert (path.read_bytes(), index.read_text()) == (zipped, text)


@pytest.mark.parametrize("line", [b"{broken\n", b"\xff\n", b"[1]\n", b"{}\n", b"\r\n"])
def test_a_damaged_index(tmp_path, whole, line):
    """Only the end of a file can be that of a process that was killed."""
    path = tmp_path / "straight/clips.zip"
    lines = whole[1].splitlines(keepends=True)
    lines[2] = line
    path.with_suffix(".jsonl").write_bytes(b"".join(lines))
    with pytest.raises(UserError, match="clips.jsonl is damaged at line 3: cut it off before"):
        PackWriter(path, {"size": 8})
    assert path.read_bytes() == whole[0]
    assert path.with_suffix(".jsonl").read_bytes() == b"".join(lines)


def test_a_second_writer_waits(tmp_path):
    path = tmp_path / "clips.zip"
    writer = fill(path, ["c0"])
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert "is being written by another process" in pool.apply(_refusal, (path,))
        writer.close()
        assert pool.apply(_refusal, (path,)) == "none"


def _refusal(path):
    try:
        PackWriter(path, {"size": 8})
    except UserError as error:
        return str(error)
    return "none"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disc(tmp_path):
    writer = fill(tmp_path / "clips.zip", ["c0"])
    kept, writer._file = writer._file, open("/dev/full", "wb")  # noqa: SIM115
    with pytest.raises(UserError, match="No space left .* what is done is kept"):
        writer.append("c1", CLIPS["c1"], ".jpg", {"fps": 1.0})
    writer._file = kept
    assert list(fill(tmp_path / "clips.zip", []).entries) == ["c0"]


def test_a_full_disc_at_both_ends(tmp_path, monkeypatch):
    """While the header or the directory of the zip is written."""

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(PackWriter, "_write_line", full)
        with pytest.raises(UserError, match=r"cannot write .*clips.zip: No space left .*make room"):
            fill(tmp_path / "clips.zip", [])
    writer = fill(tmp_path / "clips.zip", ["c0"])
    with monkeypatch.context() as patched:
        patched.setattr(PackWriter, "_directory", full)
        with pytest.raises(UserError, match=r"cannot write .*clips.zip: No space left .*make room"):
            writer.close()
    fill(tmp_path / "clips.zip", ["c0"]).close()
    with zipfile.ZipFile(tmp_path / "clips.zip") as archive:
        assert len(archive.namelist()) == 4
