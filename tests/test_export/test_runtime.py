import gzip
import hashlib

import pytest

from mmctsvg.export import runtime
from mmctsvg.utils.errors import UserError

CONTENTS = {"ort.mjs": b"a module", "ort.wasm": b"\0asm" * 50}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A little runtime in a folder, as npm leaves it."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(runtime, "FILES", hashes)
    (tmp_path / "package" / "dist").mkdir(parents=True)
    for name, content in CONTENTS.items():
        (tmp_path / "package" / "dist" / name).write_bytes(content)
    return tmp_path / "package"


def test_a_given_folder_or_its_dist(package):
    for folder in (package, package / "dist"):
        found = runtime.find_runtime(folder)
        assert found.keys() == {"ort.mjs", "ort.wasm.gz"}
        assert found["ort.mjs"] == CONTENTS["ort.mjs"]
        assert gzip.decompress(found["ort.wasm.gz"]) == CONTENTS["ort.wasm"]


def test_another_version_is_refused(package):
    (package / "dist" / "ort.wasm").write_bytes(b"other")
    with pytest.raises(UserError, match=r"ort\.wasm: is not that of 1\."):
        runtime.find_runtime(package)
    (package / "dist" / "ort.wasm").unlink()
    with pytest.raises(UserError, match=r"ort\.wasm: there is no such file; give runtime=FOLDER"):
        runtime.find_runtime(package)


def test_the_cache_is_filled_once_and_checked(package, tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "cache_dir", lambda: tmp_path / "cache")
    fetched = []

    def fetch(folder):
        fetched.append(folder)
        folder.mkdir(parents=True)
        for name, content in runtime.find_runtime(package).items():
            (folder / name).write_bytes(content)

    monkeypatch.setattr(runtime, "_fetch", fetch)
    assert runtime.find_runtime() == runtime.find_runtime() == runtime.find_runtime(package)
    assert len(fetched) == 1
    (fetched[0] / "ort.wasm.gz").write_bytes(b"\x1f\x8bno gzip")
    with pytest.raises(UserError, match="cannot be read|is not that of"):
        runtime.find_runtime()
