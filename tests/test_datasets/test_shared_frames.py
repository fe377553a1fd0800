import numpy as np
import pytest

from mmctsvg.datasets import shared_frames
from mmctsvg.datasets.shared_frames import SharedFrames
from mmctsvg.datasets.workers import process_context


def change(frames, place):
    assert frames.array.dtype == np.uint8
    frames.array[place] += 1


@pytest.mark.parametrize("kind", ["in memory", "on disc", "named"])
def test_processes_share_one_memory(monkeypatch, kind):
    if kind == "on disc":  # as where the system has no files in memory
        monkeypatch.delattr(shared_frames.os, "memfd_create", raising=False)
    elif kind == "named":  # as on Windows
        monkeypatch.delattr(shared_frames.reduction, "DupFd", raising=False)
    frames = SharedFrames((2, 3))
    assert frames.array.shape == (2, 3) and not frames.array.any()
    frames.array[:] = np.arange(6).reshape(2, 3)
    for place in (0, 1):
        process = process_context().Process(target=change, args=(frames, place))
        process.start()
        process.join()
        assert process.exitcode == 0
    assert frames.array.tolist() == [[1, 2, 3], [4, 5, 6]]
