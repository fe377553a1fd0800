import json
from dataclasses import replace

import numpy as np
import pytest

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import save_generator
from mmctsvg.datasets.clip import read_clip
from mmctsvg.inversion import DEFAULT
from mmctsvg.motion import load_motion, save_motion
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.visualization import VideoWriter

TOOL = "motion_size_study"


@pytest.fixture
def models(tmp_path, make_generator, make_meta):
    """Two models of drawn people, of different sizes."""
    paths = []
    meta = make_meta(actors=["Mia", "Omar"], actions=["nod", "wave", "laugh"])
    for k, size in ((12, 16), (20, 32)):
        generator = make_generator(motion_dim=k, size=size, channels={4: 8, 8: 8, 16: 8, 32: 4})
        paths.append(tmp_path / f"k{k}.safetensors")
        save_generator(paths[-1], generator, meta)
    return paths


def test_studies_and_goes_on(tmp_path, models, load_tool, check_refusal, capsys):
    main, out = load_tool(TOOL).main, tmp_path / "out"
    common = ["--lpips", "none", "--device", "cpu", "--frames", 8, "--steps", 2, "--out-dir", out]

    def run(*weights, count):
        main([str(a) for a in [*weights, "--synth", count, *common]])
        return json.loads((out / "study.json").read_text())

    first = run(models[0], count=1)
    kept = next(out.glob("k12-*/*/motion.safetensors"))
    before = kept.stat().st_mtime_ns
    both = run(*models, count=2)
    assert not list(out.rglob("state.pt"))
    assert kept.stat().st_mtime_ns == before and len(list(out.glob("k*/*/motion.safetensors"))) == 4
    assert [(m["k"], m["size"], m["clips"]) for m in both["models"]] == [(12, 16, 2), (20, 32, 2)]
    record = both["models"][0]["records"][0]
    assert record == first["models"][0]["records"][0]

    # The number is that of the video which the kept motion shows.
    from mmctsvg.datasets import synth
    from mmctsvg.evaluation.functional.drawn_people import measure

    inferencer = CTSVGInferencer(models[0], "cpu")
    video = to_uint8(inferencer.reconstruct(load_motion(kept, inferencer.generator)))
    person = next(p for p in synth.PEOPLE if p.name == record["actor"])
    curve, pair = next(iter(record["curves"].items()))
    assert pair["inverted"] == pytest.approx(measure(video, person)[curve])
    expected = np.corrcoef(pair["real"], pair["inverted"])[0, 1]
    assert record["correlation"] == pytest.approx(expected)
    values = [r["correlation"] for r in both["models"][0]["records"]]
    assert both["models"][0]["correlation"] == pytest.approx(np.mean(values))
    printed = capsys.readouterr().out
    assert "k12.safetensors" in printed and str(out / "curves.png") in printed
    for name in ("curves.png", "sheet.png"):
        assert (out / name).stat().st_size

    other = [*common, "--optimise", "w_c"]
    arguments = [models[0], "--synth", 1, *other]
    check_refusal(main, arguments, "motion.safetensors", "other options")
    # Another clip may have the same name.
    motion = load_motion(kept)
    study = {**motion.info["study"], "sha256": "0" * 64}
    save_motion(kept, replace(motion, info={**motion.info, "study": study}))
    arguments = [models[0], "--synth", 1, *common]
    check_refusal(main, arguments, "motion.safetensors", "another clip")


def test_lips_of_recorded_clips(tmp_path, models, load_tool, monkeypatch):
    """Two models, one clip; mouths as wide open as the picture is bright, by the definition."""
    from mmctsvg.evaluation.backbones import landmarks

    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)

    def detect(frames):
        points = np.zeros((len(frames), 68, 2))
        points[:, 48:60, 0] = 10 * np.cos(angle)
        points[:, 48:60, 1] = frames.mean((1, 2, 3))[:, None] * np.sin(angle)
        return landmarks.FaceTrack(points=points, box=np.full(4, 9.0), steadiness=1.0)

    monkeypatch.setattr("mmctsvg.cli.motion_size_study.DlibLandmarks", lambda: detect)
    video = to_uint8(CTSVGInferencer(models[1], "cpu").render(np.arange(8) * 3, 1, 2))
    with VideoWriter(tmp_path / "ann.mp4", 10) as writer:
        writer.write(video)
    arguments = [*models, "--clips", tmp_path / "ann.mp4", "--actor", 1]
    arguments += ["--action", 2, "--lpips", "none", "--steps", 2, "--device", "cpu"]
    load_tool(TOOL).main([str(a) for a in [*arguments, "--out-dir", tmp_path / "out"]])
    found = json.loads((tmp_path / "out" / "study.json").read_text())["models"]
    assert [(model["k"], model["clips"]) for model in found] == [(12, 1), (20, 1)]
    for path, model in zip(models, found, strict=True):
        inferencer = CTSVGInferencer(path, "cpu")
        (kept,) = (tmp_path / "out").glob(f"{path.stem}-*/*/motion.safetensors")
        shown = to_uint8(inferencer.reconstruct(load_motion(kept, inferencer.generator)))
        clip = read_clip(tmp_path / "ann.mp4", inferencer.size).frames
        expected = np.corrcoef(clip.mean((1, 2, 3)), shown.mean((1, 2, 3)))[0, 1]
        assert model["correlation"] == pytest.approx(expected)


def test_the_report_says_what_the_defaults_were(tmp_path, models, load_tool, monkeypatch):
    monkeypatch.setattr("mmctsvg.cli.motion_size_study.DEFAULT", replace(DEFAULT, steps=2))
    tool, out = load_tool(TOOL), tmp_path / "out"
    monkeypatch.setattr(tool.module, "DRAWN_FRAMES", 8)
    arguments = [models[0], "--synth", 1, "--lpips", "none", "--device", "cpu"]
    tool.main([str(a) for a in [*arguments, "--out-dir", out]])
    options = json.loads((out / "study.json").read_text())["options"]
    assert (options["frames"], options["steps"]) == (8, 2)


def test_refuses(tmp_path, models, load_tool, check_refusal, make_generator, make_meta):
    main = load_tool(TOOL).main
    common = ["--lpips", "none", "--device", "cpu", "--out-dir", tmp_path / "out"]
    check_refusal(main, [models[0], *common], "--clips", "--synth")
    weights = [models[0]]
    check_refusal(main, [*weights, "--synth", 2, "--clips", "a.mp4", *common], "--clips")
    check_refusal(main, [*weights, "--synth", 1, "--frames", 2, *common], "--frames is 2")
    twice = [models[0], models[0]]
    check_refusal(main, [*twice, "--synth", 1, *common], "the same model")
    save_generator(tmp_path / "x.safetensors", make_generator(), make_meta())
    strange = [tmp_path / "x.safetensors", "--synth", 1]
    check_refusal(main, [*strange, *common], "no drawn actors", "ann")
    assert not (tmp_path / "out").exists()


def test_names_the_clip_without_a_face(tmp_path, models, weights, load_tool, check_refusal):
    weights("landmarks68")
    grey = np.full((5, 32, 32, 3), 99, np.uint8)
    with VideoWriter(tmp_path / "wall.mp4", 10) as writer:
        writer.write(grey)
    arguments = [models[0], "--clips", tmp_path / "wall.mp4", "--lpips", "none"]
    arguments += ["--device", "cpu", "--out-dir", tmp_path / "out"]
    check_refusal(load_tool(TOOL).main, arguments, "wall", "no face", "16 pixels")
