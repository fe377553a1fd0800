import json

import cv2
import numpy as np
import pytest

from mmctsvg.analysis.motion_factors import video_factors
from mmctsvg.analysis.motion_pca import motion_pca
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import save_generator
from mmctsvg.datasets.readers import open_clip
from mmctsvg.utils.pixels import to_uint8

QUICK = ["--draws", "60", "--directions", "2", "--seconds", "0.5", "--device", "cpu"]


@pytest.mark.parametrize("actors, actions", [(2, 0), (0, 3), (0, 0)])
def test_videos_and_variance(
    tmp_path, make_generator, make_meta, load_tool, capsys, actors, actions
):
    weights, out = tmp_path / "g.safetensors", tmp_path / "out"
    save_generator(weights, make_generator(actors, actions), make_meta(actors, actions))
    load_tool("motion_pca").main([str(weights), *QUICK, "--out-dir", str(out)])
    printed = capsys.readouterr().out
    assert "drawn people only" in printed
    for name in ("variance.png", "directions.mp4", "directions.png", "pca.json"):
        assert (out / name).stat().st_size and str(out / name) in printed
    assert open_clip(out / "directions.mp4").length == 10
    found = json.loads((out / "pca.json").read_text())
    pca = motion_pca(CTSVGInferencer(weights, "cpu"), 60)
    np.testing.assert_allclose(found["explained"], pca.explained, atol=1e-6)
    np.testing.assert_allclose(found["directions"], pca.directions[:2], atol=1e-5)
    assert found["factors"] is None


def test_grids(make_generator, make_meta, load_tool):
    tool = load_tool("motion_pca")
    inferencer = CTSVGInferencer.from_generator(make_generator(), make_meta())
    pca = motion_pca(inferencer, 60)
    grid, turned = tool.plan_directions(pca, {"actor": 1, "action": 2}, 3)
    assert grid.rows == ("direction 0", "direction 1", "direction 2")  # as in edit_motion.py --pca
    assert len(grid.columns) == 7 and turned.rows == grid.columns
    for row in range(3):
        for column, amount in enumerate((-3, -2, -1, 0, 1, 2, 3)):
            cell = grid.cells[row][column]
            assert turned.cells[column][row] is cell and cell["actor"] == 1
            moved = pca.coordinates(cell["motion"][None])[0].numpy()
            np.testing.assert_allclose(moved, amount * np.eye(12)[row], atol=1e-3)


def test_table_of_drawn_people(tmp_path, make_generator, make_meta, load_tool, capsys):
    meta = make_meta(actors=["Mia", "Leo"], actions=["nod", "wave", "laugh"])
    weights, out = tmp_path / "g.safetensors", tmp_path / "out"
    save_generator(weights, make_generator(motion_dim=4), meta)
    options = ["--samples", "12", "--seconds", "0.8", "--actor", "Leo", "--out-dir", str(out)]
    load_tool("motion_pca").main([str(weights), *QUICK, *options])
    assert cv2.imread(str(out / "factors.png")).std() > 5
    assert "R^2 from all 4 directions, mean over actions: tempo" in capsys.readouterr().out
    found = json.loads((out / "pca.json").read_text())["factors"]
    names = ["direction 0", "direction 1", "all 4 directions", "powers m^2", "same motion, Mia"]
    assert list(found["r2"]) == names and found["columns"][5] == "wave size"
    assert {len(row) for row in found["r2"].values()} == {12}
    inferencer = CTSVGInferencer(weights, "cpu")
    sizes = [
        video_factors(to_uint8(inferencer.render(range(16), 1, 0, motion=m)), "Leo", "nod", 20.0)[1]
        for m in inferencer.sample_motion(12)
    ]
    assert found["measured"]["nod"]["size"]["std"] == pytest.approx(np.std(sizes), rel=0.05)


def test_refuses(tmp_path, load_tool, check_refusal):
    main = load_tool("motion_pca").main
    for options, words in (
        (["--directions", 0], "--directions is 0"),
        (["--draws", 3], "--draws is 3"),
        (["--samples", 5], "--samples is 5"),
        (["--samples", -1], "--samples is -1"),
        (["--seconds", 0], "--seconds is 0"),
        (["--actor", "eve"], "'eve'"),
        (["--action", "fly"], "'fly'"),
        (["--seconds", 0.5, "--out-dir", tmp_path / "o"], "16 frames"),
    ):
        check_refusal(main, ["demo", "--device", "cpu", *options], words)
    assert not (tmp_path / "o").exists()  # nothing is rendered for a table that cannot be made
    check_refusal(main, [tmp_path / "none.safetensors"], "none.safetensors")
