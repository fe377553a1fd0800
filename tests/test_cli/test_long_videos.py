import json

import numpy as np
import pytest

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import save_generator
from mmctsvg.utils.pixels import to_uint8


@pytest.fixture
def tool(load_tool):
    return load_tool("long_videos")


@pytest.fixture
def drawn(tmp_path, make_generator, make_meta):
    """A generator that calls its people as the drawn ones are called."""
    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(), make_meta(actors=["Mia", "Omar"]))
    return path


def test_report(tmp_path, drawn, tool, capsys):
    out = tmp_path / "out"
    options = ["--frames", "300", "--windows", "5", "--span", "1", "--seeds", "4"]
    tool.main([str(drawn), *options, "--out-dir", str(out), "--device", "cpu"])
    printed = capsys.readouterr().out
    found = json.loads((out / "long_videos.json").read_text())
    assert found["videos"] == ["Mia, nod", "Omar, wave"] and found["span"] == 20
    assert found["starts"][0] == 0 and found["starts"][-1] == 292
    assert found["conclusion"] in printed and str(out / "long_videos.png") in printed
    # Within the span all drifts are the same video, beyond it they are not.
    within = np.array(found["starts"]) + 7 <= 20
    motions = [np.array(found["curves"][drift]["motion"]) for drift in ("paper", "hold", "wrap")]
    for other in motions[1:]:
        np.testing.assert_array_equal(motions[0][within], other[within])
        assert np.abs(motions[0][~within] - other[~within]).min() > 0
    # The last window of the plain drift, once more.
    inferencer = CTSVGInferencer(drawn, "cpu")
    m = inferencer.sample_motion(1, seed=4)
    changes = [
        np.abs(np.diff(to_uint8(video).astype(float), axis=0)).mean()
        for video in (inferencer.render(range(292, 300), a, a, motion=m, seed=4) for a in (0, 1))
    ]
    assert motions[0][-1] == pytest.approx(np.mean(changes), abs=0.02)


def test_contents_without_identity(tmp_path, make_generator, make_meta, tool, capsys):
    save_generator(tmp_path / "free.safetensors", make_generator(0, 0), make_meta(0, 0))
    options = ["--frames", "40", "--windows", "3", "--identity", "none", "--device", "cpu"]
    tool.main([str(tmp_path / "free.safetensors"), *options, "--out-dir", str(tmp_path / "out")])
    found = json.loads((tmp_path / "out" / "long_videos.json").read_text())
    contents = [f"content {c}, motion {m}" for c in range(4) for m in range(2)]
    assert found["videos"] == contents and found["curves"]["hold"]["identity"] == [None] * 3
    assert "identity nan" in capsys.readouterr().out


def test_refuses(tmp_path, drawn, tool, check_refusal):
    for options, words in (
        (["--frames", 16], "--frames is 16: it must be at least 17"),
        (["--windows", 1], "--windows is 1"),
        (["--span", 0], "--span is 0"),
        (["--seeds", "a"], "--seeds is 'a'"),
        (["--actors", "eve"], "'eve'"),
    ):
        check_refusal(tool.main, [drawn, *options, "--out-dir", tmp_path / "o"], words)
    assert not (tmp_path / "o").exists()
