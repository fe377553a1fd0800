import av
import cv2
import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.apis.grid import SheetCollector, plan_grids, stream_grid, write_grid
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8


@pytest.fixture
def make_inferencer(make_generator, make_meta):
    def make(num_actors=2, num_actions=3):
        return CTSVGInferencer.from_generator(
            make_generator(num_actors, num_actions), make_meta(num_actors, num_actions)
        )

    return make


@pytest.mark.parametrize(
    ("labels", "names", "rows", "columns"),
    [
        ((2, 3), ["seed5", "seed6"], ("ann", "bob"), ("nod", "wave", "3")),
        ((2, 0), [""], ("ann", "bob"), ("motion 5", "motion 6")),
        ((0, 3), ["seed5", "seed6"], ("content 0", "content 9"), ("nod", "wave", "3")),
        ((0, 0), [""], ("content 0", "content 9"), ("motion 5", "motion 6")),
    ],
)
def test_plans_of_all_kinds_of_generators(make_inferencer, labels, names, rows, columns):
    inferencer = make_inferencer(*labels)
    plans = plan_grids(inferencer, seeds=[5, 6], contents=[0, 9])
    assert [plan.name for plan in plans] == names
    for plan in plans:
        assert plan.rows == rows and plan.columns == columns
        assert plan.count == len(rows) * len(columns)
        (grid,) = stream_grid(inferencer, plan, range(2))
        assert grid.shape == (2, len(rows), len(columns), 16, 16, 3)


def test_everybody_in_a_video_has_the_same_motion(make_inferencer):
    inferencer = make_inferencer()
    (plan,) = plan_grids(inferencer, seeds=[3])
    m = inferencer.sample_motion(1, seed=3)[0]
    assert all(torch.equal(cell["motion"], m) for row in plan.cells for cell in row)
    (grid,) = stream_grid(inferencer, plan, range(3))
    expected = inferencer.render(range(3), "bob", "wave", motion=m, seed=3)
    np.testing.assert_array_equal(grid[:, 1, 1], to_uint8(expected))


def test_chosen_labels(make_inferencer):
    inferencer = make_inferencer()
    (plan,) = plan_grids(inferencer, actors=["1"], actions=["wave", 0])
    assert plan.rows == ("bob",) and plan.columns == ("wave", "nod")
    with pytest.raises(UserError, match="no action 'run'"):
        plan_grids(inferencer, actions=["run"])
    with pytest.raises(UserError, match="knows no actors"):
        plan_grids(make_inferencer(0, 0), actors=["ann"])


def test_repeated_seeds_count_once(make_inferencer):
    plans = plan_grids(make_inferencer(), seeds=[5, 6, 5])
    assert [plan.name for plan in plans] == ["seed5", "seed6"]


def test_sheet_keeps_frames_spread_over_the_video(make_inferencer):
    inferencer = make_inferencer()
    (plan,) = plan_grids(inferencer)
    times = [i / 2 for i in range(21)]
    sheet = SheetCollector(plan, times, columns=5)
    kept = sheet._kept
    for start in range(0, 21, 4):
        numbers = np.arange(start, min(start + 4, 21), dtype=np.uint8)
        shape = (len(numbers), 2, 3, 16, 16, 3)
        sheet.add(np.broadcast_to(numbers[:, None, None, None, None, None], shape))
    assert [int(frame.max()) for frame in kept] == [0, 5, 10, 15, 20]
    assert sheet.draw().ndim == 3


def test_all_formats(tmp_path, make_inferencer):
    inferencer = make_inferencer()
    (plan,) = plan_grids(inferencer)
    written = write_grid(
        inferencer,
        plan,
        range(5),
        tmp_path / "out" / "a.b",
        formats=("mp4", "gif", "png", "sheet"),
        fps=10,
        chunk=2,
    )
    assert sorted(p.name for p in written) == ["a.b.gif", "a.b.mp4", "a.b.png", "a.b_frames"]
    for path in written[:2]:
        with av.open(str(path)) as video:
            pictures = list(video.decode(video=0))
            times = [float(p.pts * video.streams.video[0].time_base) for p in pictures]
        np.testing.assert_allclose(times, np.arange(5) / 10)
    folders = sorted((tmp_path / "out" / "a.b_frames").glob("*/*"))
    assert len(folders) == 6
    first = cv2.imread(str(folders[0] / "000004.png"))[..., ::-1]
    grid = np.concatenate(list(stream_grid(inferencer, plan, range(5), chunk=2)))
    row, column = plan.rows.index(folders[0].parent.name), plan.columns.index(folders[0].name)
    np.testing.assert_array_equal(first, grid[4, row, column])


def test_the_sheet_is_written_before_the_sound(tmp_path, make_inferencer, beep, monkeypatch):
    def add_sound(*_):
        raise OSError("no space left", sorted(path.name for path in tmp_path.glob("a.*")))

    monkeypatch.setattr("mmctsvg.visualization.video.add_sound", add_sound)
    (plan,) = plan_grids(make_inferencer())
    with pytest.raises(OSError, match="no space left") as caught:
        write_grid(make_inferencer(), plan, range(5), tmp_path / "a", sound=beep)
    assert caught.value.args[1] == ["a.png"]


def test_labels_cannot_leave_the_folder(tmp_path, make_generator, make_meta):
    meta = make_meta(actors=["../../evil", ".."])
    inferencer = CTSVGInferencer.from_generator(make_generator(), meta)
    (plan,) = plan_grids(inferencer, actions=[0])
    write_grid(inferencer, plan, [0], tmp_path / "x" / "a", formats=["png"])
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert [p.name for p in (tmp_path / "x").iterdir()] == ["a_frames"]
    assert len(list((tmp_path / "x" / "a_frames").glob("*/nod/000000.png"))) == 2


def test_labels_that_are_alike_have_folders_of_their_own(tmp_path, make_generator, make_meta):
    meta = make_meta(actors=["Dr. A", "Dr A"], actions=["a_b_2", "a b", "a.b"])
    inferencer = CTSVGInferencer.from_generator(make_generator(), meta)
    (plan,) = plan_grids(inferencer)
    write_grid(inferencer, plan, [0], tmp_path / "a", formats=["png"])
    found = {str(p.parent.relative_to(tmp_path / "a_frames")) for p in tmp_path.rglob("*.png")}
    columns = ("a_b_2", "a_b", "a_b_2_2")
    assert found == {f"{row}/{column}" for row in ("Dr_A", "Dr_A_1") for column in columns}
