"""onnxruntime-web, which runs the models of the page: fetched once from npm, checked by hash."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from pathlib import Path

from mmctsvg.evaluation.weights import Weights, download
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path, cache_dir

PACKAGE = Weights(
    name="onnxruntime_web",
    purpose="the page of `mmctsvg export-web`",
    file="",
    size=0,
    sha256="",
    licence="MIT",
    client="npm",
    package="onnxruntime-web",
    version="1.30.0",
    archive_sha256="d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71",
)
#: Files of the folder ``dist`` and their sha256: for WebAssembly alone, and with WebGPU.
FILES = {
    "ort.wasm.min.mjs": "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
    "ort-wasm-simd-threaded.mjs": (
        "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b"
    ),
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
    "ort.webgpu.min.mjs": "3dffff71811bc13a3a3d9591c57ca5ee5735b8f5f3eaf789510b02bb040ae3a0",
    "ort-wasm-simd-threaded.asyncify.mjs": (
        "3d1c85995364bb643302fc6fd877a0c3ba5ae72401815e0f24828a53d9191e28"
    ),
    "ort-wasm-simd-threaded.asyncify.wasm": (
        "39f9f0894d478800487ed9f7dbe92618498db320cf55c8e3d89adff8dce658da"
    ),
}


def find_runtime(folder: str | Path | None = None) -> dict[str, bytes]:
    """Find the files of onnxruntime-web, as the page takes them: WebAssembly compressed by gzip.

    Args:
        folder: Folder ``onnxruntime-web`` of npm, or its ``dist``; None to take them from the
            user's cache, or to fetch them into it.

    Returns:
        Contents by name.

    Raises:
        UserError: If a file is missing, or is not that of the version that was tested; or if it
            cannot be fetched.
    """
    if folder is None:
        folder = cache_dir() / f"{PACKAGE.package}-{PACKAGE.version}"
        if not all((folder / _stored(name)).is_file() for name in FILES):
            _fetch(folder)
        return {_stored(name): _read(folder / _stored(name), name) for name in FILES}
    folder = Path(folder)
    dist = folder / "dist" if (folder / "dist").is_dir() else folder
    return {_stored(name): _compress(name, _read(dist / name, name)) for name in FILES}


def _stored(name: str) -> str:
    return f"{name}.gz" if name.endswith(".wasm") else name


def _compress(name: str, content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0) if name.endswith(".wasm") else content


def _read(path: Path, name: str) -> bytes:
    """Read a file, compressed or not, and check it."""
    mend = f"give runtime=FOLDER with the package {PACKAGE.package} {PACKAGE.version} of npm"
    try:
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.suffix == ".gz" else content
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; {mend}.") from None
    except (OSError, EOFError) as error:
        raise UserError(f"{path}: cannot be read ({error}); remove it, or {mend}.") from error
    if hashlib.sha256(plain).hexdigest() != FILES[name]:
        raise UserError(f"{path}: is not that of {PACKAGE.version}; remove it, or {mend}.")
    return content


def _fetch(folder: Path) -> None:
    """Fetch all files into a folder."""
    with download(PACKAGE) as archive, tarfile.open(archive) as tar:
        for name in FILES:
            content = tar.extractfile(f"package/dist/{name}").read()
            with atomic_path(folder / _stored(name)) as temporary:
                temporary.write_bytes(_compress(name, content))
