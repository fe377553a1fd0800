import json
import os

import numpy as np
import pytest

from mmctsvg.analysis.watching import newest_sheet, read_curves, read_progress, sparkline
from mmctsvg.utils.errors import UserError

START = "11/28 16:36:35 - mmengine - INFO - "


@pytest.fixture
def work_dir(tmp_path):
    """A training that was resumed: two logs, the second with a line about its progress only."""
    for stamp, iterations in (("20260101_000000", (50, 100)), ("20260102_000000", (150, 175))):
        folder = tmp_path / stamp
        (folder / "vis_data").mkdir(parents=True)
        lines = [
            f"{START}iter {i:3d}/500 | 2.5 it/s, 60 frames/s | 0:02:{i // 50:02d} left | 700 MB"
            + (" | motion_real 0.1  loss_generator 2" if i % 50 == 0 else "")
            for i in iterations
        ]
        (folder / f"{stamp}.log").write_text("\n".join([f"{START}training on", *lines]) + "\n")
        os.utime(folder / f"{stamp}.log", (int(stamp[7]), int(stamp[7])))
        records = [
            {"step": i, "loss_generator": i / 100, "memory": 700.0, "motion_real": 0.1}
            for i in iterations
            if i % 50 == 0
        ]
        records.append({"step": iterations[0], "FVD16/value": 600.0 - iterations[0]})
        text = "\n".join(map(json.dumps, records))
        (folder / "vis_data" / "scalars.json").write_text(text)
    return tmp_path


def test_progress_is_that_of_the_newest_run(work_dir):
    progress = read_progress(work_dir)
    assert (progress.iteration, progress.last, progress.done) == (175, 500, False)
    assert progress.speed == "2.5 it/s, 60 frames/s | 0:02:03 left | 700 MB"
    assert progress.age > 1e9  # seconds since the 1970 of the log


def test_curves_are_those_of_the_picture_and_validations_apart(work_dir):
    curves, validated = read_curves(work_dir)
    assert [name for name, _ in curves] == ["loss_generator", "motion_real"]
    np.testing.assert_array_equal(curves[0][1], [[50, 100, 150], [0.5, 1.0, 1.5]])
    assert validated == {"FVD16/value": 450.0}


def test_sheet(work_dir):
    assert newest_sheet(work_dir) is None
    (work_dir / "videos").mkdir()
    for time, name in ((5, "iter_100.png"), (3, "iter_200.png"), (9, "iter_100.mp4")):
        (work_dir / "videos" / name).touch()
        os.utime(work_dir / "videos" / name, (time, time))
    assert newest_sheet(work_dir).name == "iter_100.png"


def test_sparklines():
    assert sparkline(np.arange(8), 8) == "▁▂▃▄▅▆▇█"
    assert sparkline(np.arange(16), 8) == "▁▂▃▄▅▆▇█"  # means of two
    assert sparkline(np.array([1.0, np.nan, 3.0]), 8) == "▁ █"
    assert sparkline(np.array([2.0, 2.0]), 8) == "▁▁"
    assert sparkline(np.array([np.nan]), 8) == " "


def test_refusals(tmp_path):
    with pytest.raises(UserError, match="no log of a training"):
        read_progress(tmp_path)
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "1.log").write_text(f"{START}training on 1 x cpu\n")
    with pytest.raises(UserError, match="1.log: has no iteration yet"):
        read_progress(tmp_path)
