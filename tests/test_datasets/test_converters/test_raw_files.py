import gzip
import io
import re
import shutil
import tarfile
import zipfile

import pytest

from mmctsvg.datasets.converters.raw_files import describe_root, list_raw_files
from mmctsvg.datasets.readers import BrokenClipError
from mmctsvg.utils.errors import UserError


def contents(file):
    source = file.open()
    return open(source, "rb").read() if isinstance(source, str) else source.read()


@pytest.fixture
def download(tmp_path):
    """The same tree three times: as files, in a tar, in a zip with compression."""
    root = tmp_path / "root"
    for kind in ("files", "tar", "zip"):
        for name in (
            "video/a/2.mp4",
            "video/a/10.mp4",
            "video/b.avi",
            "video/notes.txt",
            "video/._b.avi",
        ):
            path = root / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{kind} {name}".encode() * 50)
    with tarfile.open(root / "tar/video.tar", "w") as archive:
        archive.add(root / "tar/video", "./video")
    with zipfile.ZipFile(root / "zip/v.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (root / "zip/video").rglob("*.*"):
            archive.write(file, file.relative_to(root / "zip"))
    for kind in ("tar", "zip"):
        shutil.rmtree(root / kind / "video")
    return root


def test_archives_count_as_unpacked(download):
    files = list_raw_files(download)
    expected = [
        f"root/{kind}/video/{name}"
        for kind in ("files", "tar", "zip")
        for name in ("a/2.mp4", "a/10.mp4", "b.avi")
    ]
    assert [file.name for file in files] == expected
    for file in files:
        kind, _, name = file.name.removeprefix("root/").partition("/")
        assert contents(file) == f"{kind} {name}".encode() * 50
    # Nothing was unpacked.
    assert {path.name for path in (download / "tar").iterdir()} == {"video.tar"}


def test_other_files_by_their_endings(download):
    (download / "files/video/.x.txt").touch()
    found = [file.name for file in list_raw_files(download, (".txt",)) if file.name[-4:] == ".txt"]
    assert found == [f"root/{kind}/video/notes.txt" for kind in ("files", "tar", "zip")]


def test_one_archive_is_a_root_too(download):
    names = [file.name for file in list_raw_files(download / "zip/v.zip")]
    assert names == ["zip/video/a/2.mp4", "zip/video/a/10.mp4", "zip/video/b.avi"]


def test_unpacked_beside_its_archive_counts_once(download):
    with tarfile.open(download / "tar/video.tar") as archive:
        archive.extractall(download / "tar", filter="data")
    files = [file for file in list_raw_files(download) if "/tar/" in file.name]
    assert len(files) == 3 and all(file.member is None for file in files)


def test_members_are_known_by_ending_or_content(tmp_path):
    video, other = b"\0\0\0\x18ftypmp42" + bytes(20), b"no video at all"
    members = {
        "a.MP4": other, "b.wmv": other, "c.ts": other, "d.gif": other, "e.Mp4": b"",
        "f": video, "g.data": video, "h.mp4.part": video,
        "n.txt": other, "o.dat": b"", "p.jpg": video, "._q.mp4": video, "r/.s": video,
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.mkdir("empty")
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    for archive in ("x.zip", "x.tar"):
        found = [file.name for file in list_raw_files(tmp_path / archive)]
        assert [name.rpartition("/")[2] for name in found] == list(members)[:8]


@pytest.mark.parametrize("name", ["../out.mp4", "a/../../out.mp4", "/tmp/out.mp4", "a\\..\\b.mp4"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_members_that_point_outside_are_named(tmp_path, name, kind):
    path = tmp_path / "in" / f"a.{kind}"
    path.parent.mkdir()
    if kind == "tar":
        with tarfile.open(path, "w") as archive:
            info = tarfile.TarInfo(name)
            info.size = 5
            archive.addfile(info, io.BytesIO(b"video"))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"video")
    with pytest.raises(UserError, match=re.escape(f"a.{kind}: its member {name!r} points outside")):
        list_raw_files(path)
    assert [p.name for p in tmp_path.rglob("*")] == ["in", path.name]


def test_links_in_a_tar_are_no_videos(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo(f"{kind}.mp4")
            info.type, info.linkname = kind, "/etc/hostname"
            archive.addfile(info)
    assert list_raw_files(tmp_path / "a.tar") == []


def test_archives_in_an_archive(tmp_path):
    """They would be left out in silence."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("Actor_01.zip", b"PK")
    with pytest.raises(
        UserError, match=r"all.zip holds archives such as Actor_01.zip, .*: unpack "
    ):
        list_raw_files(tmp_path)


def test_damaged_archives(download):
    tar, archive = download / "tar/video.tar", download / "zip/v.zip"
    whole = tar.read_bytes()
    tar.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(
        UserError, match=r"video.tar is damaged after \d+ files .*download it again"
    ):
        list_raw_files(download)
    tar.write_bytes(b"no tar at all" * 100)
    with pytest.raises(UserError, match="damaged after 0 files"):
        list_raw_files(download)
    tar.write_bytes(whole)
    data = archive.read_bytes()
    archive.write_bytes(data[:-40])
    with pytest.raises(UserError, match="v.zip is no whole zip"):
        list_raw_files(download)
    archive.unlink()
    (download / "x.tar.gz").write_bytes(gzip.compress(whole))
    with pytest.raises(UserError, match="x.tar.gz is a compressed tar"):
        list_raw_files(download)


def test_a_damaged_member_of_a_zip_is_a_broken_clip(download):
    archive = download / "zip/v.zip"
    file = next(file for file in list_raw_files(archive) if file.name.endswith("2.mp4"))
    with zipfile.ZipFile(archive) as opened:
        place = opened.getinfo(file.member).header_offset
    data = bytearray(archive.read_bytes())
    data[place + 50 : place + 55] = b"#####"
    archive.write_bytes(data)
    with pytest.raises(BrokenClipError, match="cannot be read out of v.zip"):
        file.open()


def test_describing_what_was_found(tmp_path, download):
    with pytest.raises(UserError, match="nowhere does not exist"):
        list_raw_files(tmp_path / "nowhere")
    files = list_raw_files(download)
    assert describe_root(download, files) == "the video root/files/video/a/2.mp4 and 8 more"
    assert describe_root(download, []) == "no video, but files, tar, zip"
    (tmp_path / "empty").mkdir()
    assert describe_root(tmp_path / "empty", []) == "nothing"


def test_what_came_out_of_an_earlier_run_is_left_out(download):
    """Unfinished, it is no zip."""
    before = list_raw_files(download)
    (download / "out").mkdir()
    (download / "out/clips.zip").write_bytes(b"PK\3\4 and so on")
    (download / "out/clips.jsonl").touch()
    assert list_raw_files(download) == before


def test_links_are_followed_but_not_in_circles(tmp_path, download):
    (tmp_path / "links").mkdir()
    (tmp_path / "links/a").symlink_to(download / "files")
    (download / "files/back").symlink_to(tmp_path / "links")
    names = [file.name for file in list_raw_files(tmp_path / "links")]
    assert names == [f"links/a/video/{name}" for name in ("a/2.mp4", "a/10.mp4", "b.avi")]
