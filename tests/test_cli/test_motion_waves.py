import json

import cv2
import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import save_generator

QUICK = ["--motions", "2", "--moments", "3", "--samples", "50", "--waves", "3", "--device", "cpu"]


@pytest.mark.parametrize("actors, actions", [(2, 3), (2, 0), (0, 3), (0, 0)])
def test_numbers_and_pictures(
    tmp_path, make_generator, make_meta, load_tool, capsys, actors, actions
):
    weights, out = tmp_path / "g.safetensors", tmp_path / "out"
    save_generator(weights, make_generator(actors, actions), make_meta(actors, actions))
    load_tool("motion_waves").main([str(weights), *QUICK, "--out-dir", str(out)])
    printed = capsys.readouterr().out
    for name in ("spectrum.png", "sensitivity.png"):
        assert cv2.imread(str(out / name)).std() > 5 and str(out / name) in printed
    found = json.loads((out / "waves.json").read_text())
    assert len(found["rows"]) == (2 if actors else 4)
    assert found["action"] == ("nod" if actions else None)
    waves = found["waves"]
    assert sorted(wave["number"] for wave in waves) == list(range(12))
    effects = [wave["effect"] for wave in waves]
    assert effects == sorted(effects, reverse=True) and min(effects) > 0
    time2vec = CTSVGInferencer(weights, "cpu").generator.mapper.time2vec
    for wave in waves:
        assert wave["effect"] == pytest.approx(wave["mean_abs_m"] * wave["sensitivity"])
        assert wave["effect"] == pytest.approx(np.sqrt(np.mean(np.square(wave["effect_by_row"]))))
        if wave["number"]:  # 20 frames a second
            speed = abs(float(time2vec.weight[wave["number"] - 1]))
            assert wave["hertz"] == pytest.approx(speed * 20 / (2 * np.pi), rel=1e-5)


def test_directions_are_no_waves(tmp_path, make_generator, make_meta, load_tool, capsys):
    """Of 2 directions with 3 waves each, the spectra have frequencies; one stands still."""
    generator = make_generator(trajectory="low_rank", rank=2)
    with torch.no_grad():
        generator.mapper.time2vec.weight.copy_(torch.tensor([-0.0019, 0.5]))
    weights, out = tmp_path / "g.safetensors", tmp_path / "out"
    save_generator(weights, generator, make_meta())
    load_tool("motion_waves").main([str(weights), *QUICK, "--out-dir", str(out)])
    assert "1 of 2 waves stand still" in capsys.readouterr().out
    found = json.loads((out / "waves.json").read_text())
    assert found["still"] == 1
    waves = {wave["number"]: wave["hertz"] for wave in found["waves"]}
    assert sorted(waves) == list(range(6, 12))
    assert waves[6] == waves[9] == 0 and waves[8] == waves[11] == pytest.approx(5 / np.pi)


def test_likeness(load_tool):
    likeness = load_tool("motion_waves").likeness
    parts = np.random.default_rng(0).random((3, 16, 16))
    same, other = likeness(np.stack([parts, 2 * parts, parts + 1]))
    assert same == pytest.approx(1) and abs(other) < 0.5
    swapped, _ = likeness(np.stack([parts, parts[[1, 2, 0]]]))
    assert abs(swapped) < 0.5
    assert np.isnan(likeness(parts[None])[0])


def test_refuses(tmp_path, load_tool, check_refusal):
    main = load_tool("motion_waves").main
    check_refusal(main, ["demo", "--motions", 0], "--motions is 0")
    check_refusal(main, ["demo", "--seconds", "inf"], "--seconds is inf")
    check_refusal(main, ["demo", "--actors", "eve"], "'eve'")
    check_refusal(main, ["demo", "--action", "fly"], "'fly'")
    check_refusal(main, [tmp_path / "none.safetensors"], "none.safetensors")
