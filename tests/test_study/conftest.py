import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from mmctsvg.study.make import make_study
from mmctsvg.study.sources import Source
from mmctsvg.visualization import FrameFolder

PROGRAM = """
from mmctsvg.study.folder import read_study
from mmctsvg.study.serve import StudyServer
server = StudyServer(read_study({folder!r}), port={port})
print(server.server_port, flush=True)
server.serve_forever()
"""
NAMES = ("real", "good", "fair", "poor")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Clips and study from which every test gets copies."""
    path = tmp_path_factory.mktemp("made")
    for s, name in enumerate(NAMES):
        for n in range(4):
            frames = np.full((6, 16, 16, 3), 10 + 40 * s + n, np.uint8)
            frames += np.arange(6, dtype=np.uint8)[:, None, None, None] * 4
            with FrameFolder(path / name / f"{n}") as writer:
                writer.write(frames)
    real, *methods = [Source(name=name, place=path / name) for name in NAMES]
    return make_study(real, methods, path / "study", sets=4, frames=5, fps=10)


@pytest.fixture
def folders(made, tmp_path):
    """Folders of four clips of each source; a clip of source s has the grey value 10 + 40 s."""
    for name in NAMES:
        shutil.copytree(made.folder.parent / name, tmp_path / name)
    return {name: tmp_path / name for name in NAMES}


@pytest.fixture
def study(made, tmp_path):
    """A study of four sets with the real clips and three methods."""
    return replace(made, folder=shutil.copytree(made.folder, tmp_path / "study"))


@pytest.fixture
def serve_process(study):
    """Returns a starter of servers that are processes of their own: process and address."""
    started = []

    def start(port: int = 0) -> tuple[subprocess.Popen, str]:
        code = PROGRAM.format(folder=str(study.folder), port=port)
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process, f"http://127.0.0.1:{process.stdout.readline().strip()}"

    yield start
    for process in started:
        process.kill()
        process.wait()
