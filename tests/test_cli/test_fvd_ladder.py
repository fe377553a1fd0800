import json

import cv2
import pytest


@pytest.mark.slow
def test_draws_the_ladder(tmp_path, load_tool, weights, capsys, check_refusal):
    path = weights("i3d")
    main = load_tool("fvd_ladder").main
    options = ["--clips", "2", "--strengths", "1", "--size", "16", "--frames", "9"]
    main([*options, "--i3d", str(path), "--out-dir", str(tmp_path)])
    result = json.loads((tmp_path / "ladder.json").read_text())
    assert all(len(values) == 2 for values in result["fvd"].values()) and len(result["fvd"]) == 5
    assert result["fvd"]["blur"][1] > result["fvd"]["blur"][0] > 0
    assert cv2.imread(str(tmp_path / "ladder.png")) is not None
    assert f"done: results in {tmp_path}" in capsys.readouterr().out
    check_refusal(main, ["--clips", "1"], "--clips is 1")
    check_refusal(main, ["--frames", "8"], "--frames is 8", "at least 9")
