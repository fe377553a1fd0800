import json

import cv2
import pytest

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import save_generator

QUICK = ["--seeds", "0:2", "--seconds", "0.8", "--device", "cpu"]


@pytest.mark.parametrize("actors, actions", [(2, 3), (2, 0), (0, 3), (0, 0)])
def test_sheet_of_all_kinds(
    tmp_path, make_generator, make_meta, load_tool, capsys, actors, actions
):
    weights, out = tmp_path / "g.safetensors", tmp_path / "out"
    save_generator(weights, make_generator(actors, actions), make_meta(actors, actions))
    tool = load_tool("disentanglement")
    options = [*QUICK, "--measure", "none", "--contents", "3"]
    tool.main([str(weights), *options, "--out-dir", str(out)])
    assert cv2.imread(str(out / "videos.png")).std() > 5
    assert [p.name for p in out.iterdir()] == ["videos.png"]
    assert str(out / "videos.png") in capsys.readouterr().out
    args = tool.parse_args([str(weights), *options])
    grids = tool.make_grids(CTSVGInferencer(weights, "cpu"), args)
    people, acting, moving = tool.make_sheets(grids)
    assert len(grids) == len(moving.rows) == 2
    assert len(people.rows) == (actors or 3) and len(acting.rows) == max(1, actions)
    assert all((row[0]["motion"] == people.cells[0][0]["motion"]).all() for row in people.cells)
    motions = [row[0].pop("motion") for row in moving.cells]
    assert not (motions[0] == motions[1]).all()
    videos = list(tool.shoot(CTSVGInferencer(weights, "cpu"), grids, 3))
    assert len({(f.actor, f.action, f.motion) for f in videos}) == len(videos)
    assert len(videos) == 2 * (actors or 3) * max(1, actions)


def test_drawn_people(tmp_path, make_generator, make_meta, load_tool, capsys):
    meta = make_meta(actors=["Mia", "Leo"], actions=["nod", "wave", "laugh"])
    weights, out = tmp_path / "g.safetensors", tmp_path / "out"
    save_generator(weights, make_generator(), meta)
    main = load_tool("disentanglement").main
    main([str(weights), *QUICK, "--out-dir", str(out)])
    printed = capsys.readouterr().out
    for name in ("videos.png", "disentanglement.png", "disentanglement.json"):
        assert (out / name).stat().st_size and str(out / name) in printed
    found = json.loads((out / "disentanglement.json").read_text())
    assert found["instrument"] == "drawn" and found["frames"] == 16
    assert [row["changed"] for row in found["motion"]] == ["actor", "action"]
    assert f"motion with another actor: {found['motion'][0]['value']:.2f}" in printed
    assert [row["changed"] for row in found["identity"]] == ["motion"]


def test_refuses(tmp_path, make_generator, make_meta, load_tool, check_refusal):
    main = load_tool("disentanglement").main
    weights = tmp_path / "g.safetensors"
    save_generator(weights, make_generator(), make_meta())
    for options, words in (
        (["--seeds", 1], "--seeds needs two motions"),
        (["--seconds", 0], "--seconds is 0"),
        (["--measure", "drawn"], "use 'lips'"),
        (["--actors", "eve"], "'eve'"),
    ):
        check_refusal(main, [weights, "--device", "cpu", *options], words)
    check_refusal(main, [tmp_path / "none.safetensors"], "none.safetensors")


def test_one_person_with_one_action_is_refused_before_any_video(
    tmp_path, small_model, load_tool, check_refusal, monkeypatch
):
    monkeypatch.setattr(CTSVGInferencer, "render", lambda *_, **__: pytest.fail("rendered"))
    monkeypatch.setattr("mmctsvg.cli.disentanglement.LiASync", lambda **_: None)
    monkeypatch.setattr("mmctsvg.cli.disentanglement.FaceIdentity", lambda **_: None)
    main, out = load_tool("disentanglement").main, tmp_path / "out"
    arguments = [small_model, *QUICK, "--actors", "ann", "--actions", "nod", "--out-dir", out]
    check_refusal(main, arguments, "--actors", "two actors or two actions")
    assert not out.exists()
