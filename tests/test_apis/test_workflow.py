"""One call with inputs of any number, as MMEngine's inferencers take it."""

import inspect

import numpy as np
import pytest
import torch
from mmengine.infer import BaseInferencer

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.datasets.readers import open_clip
from mmctsvg.motion import save_motion
from mmctsvg.utils.errors import UserError


def test_it_has_what_users_of_mmengine_know():
    for name in ("preprocess", "forward", "visualize", "postprocess", "list_models"):
        assert callable(getattr(CTSVGInferencer, name))
    steps = [getattr(CTSVGInferencer, f"{name}_kwargs") for name in ("preprocess", "forward")]
    steps += [CTSVGInferencer.visualize_kwargs, CTSVGInferencer.postprocess_kwargs]
    for names, step in zip(
        steps, ("preprocess", "forward", "visualize", "postprocess"), strict=True
    ):
        assert isinstance(getattr(BaseInferencer, f"{step}_kwargs"), set)
        takes = inspect.signature(getattr(CTSVGInferencer, step)).parameters
        assert names <= takes.keys() or "kwargs" in takes
    assert len(set.union(*steps)) == sum(map(len, steps))  # no name goes to two steps
    forward = inspect.signature(CTSVGInferencer.stream).parameters
    assert CTSVGInferencer.forward_kwargs <= forward.keys()


def test_one_input_is_one_video(inferencer):
    result = inferencer({"actor": "bob", "action": 1, "seed": 4, "times": range(3)})
    assert list(result) == ["predictions", "visualization"]
    (video,), (pixels,) = result["predictions"], result["visualization"]
    assert torch.equal(video, inferencer.render(range(3), "bob", 1, seed=4))
    assert pixels.shape == (3, 16, 16, 3) and pixels.dtype == np.uint8
    expected = (video.double().clamp(-1, 1) + 1) * 127.5
    difference = expected.movedim(1, 3).numpy() - pixels
    assert np.abs(difference).max() <= 0.501


def test_every_kind_of_motion(tmp_path, inferencer):
    motion = inferencer.find_motion(4, frames=3)
    save_motion(tmp_path / "motion.safetensors", motion)
    who = {"actor": 0, "action": "nod"}
    z = torch.linspace(-1, 1, 12)
    inputs = [
        {**who, "motion": motion},
        {**who, "motion": tmp_path / "motion.safetensors"},
        {**who, "motion": 4, "times": torch.arange(3)},
        {**who, "motion": motion.style, "times": [0, 1, 2]},
        {**who, "motion": inferencer.waves(motion), "times": np.arange(3)},
        {**who, "z": z, "times": range(3)},
        {"w_c": inferencer.content_style(**who), "motion": motion},
    ]
    videos = inferencer(inputs, chunk=2)["predictions"]
    expected = inferencer.render(range(3), **who, motion=motion.style, chunk=2)
    for number, video in enumerate(videos):
        assert torch.equal(video, expected) == (number != 5), number
    assert torch.equal(videos[5], inferencer.render(range(3), **who, z=z, chunk=2))


def test_without_actors(free):
    z_c = free.sample_content(1, seed=7)
    drawn, given = free([{"times": [0.5], "seed": 7}, {"times": [0.5], "seed": 7, "z_c": z_c}])[
        "predictions"
    ]
    assert torch.equal(drawn, given) and torch.equal(drawn, free.render([0.5], seed=7))


def test_arguments_reach_their_steps(inferencer):
    one = {"actor": 0, "action": 0, "times": [2.0, 2.0]}
    (video,) = inferencer(one, noise="random", clamp=False, exact=True)["predictions"]
    expected = inferencer.render([2.0, 2.0], 0, 0, noise="random", clamp=False, exact=True)
    assert torch.equal(video, expected) and not torch.equal(video[0], video[1])
    with pytest.raises(
        UserError, match="no argument 'noize'; there are inputs, any_weights, chunk"
    ):
        inferencer(one, noize="zero")


def test_files(tmp_path, inferencer):
    inputs = [{"actor": a, "action": 0, "times": range(4)} for a in (0, 1)]
    result = inferencer(inputs, out_dir=tmp_path / "videos", fps=12.0)
    files = sorted((tmp_path / "videos").iterdir())
    assert [path.name for path in files] == ["000.mp4", "001.mp4"]
    first, second = (pixels.astype(float) for pixels in result["visualization"])
    for path, own, other in zip(files, (first, second), (second, first), strict=True):
        clip = open_clip(path)
        assert (clip.length, clip.fps) == (4, 12.0)
        shown = np.stack(list(clip.read(np.arange(4)))).mean(axis=3)  # h264 keeps few colours
        mine, others = (np.abs(shown - pixels.mean(axis=3)).mean() for pixels in (own, other))
        assert mine < 10 and mine < others / 1.4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"actr": 0}, r"inputs\[1\]: there is no 'actr'; there are times, actor"),
        ({"actor": "eve"}, r"inputs\[1\]: There is no actor 'eve'"),
        ({"times": None}, r"inputs\[1\]: this motion has no times"),
        ({"times": []}, r"inputs\[1\]: times is empty"),
        ({"times": [float("inf")]}, r"inputs\[1\]: times must be finite"),
        ({"motion": "none.safetensors"}, r"inputs\[1\]: none.safetensors: there is no such file"),
        ({"motion": torch.ones(3)}, r"inputs\[1\]: motion must have the shape"),
    ],
)
def test_wrong_inputs_are_found_before_anything_is_rendered(
    inferencer, monkeypatch, wrong, message
):
    monkeypatch.setattr(inferencer, "forward", lambda *args, **kwargs: pytest.fail("rendered"))
    right = {"actor": 0, "action": 0, "times": range(2)}
    with pytest.raises(UserError, match=message):
        inferencer([right, {**right, **wrong}])


@pytest.mark.parametrize("inputs", ["demo", 3, [3], None])
def test_inputs_are_dicts(inferencer, inputs):
    with pytest.raises(UserError, match="inputs is a dict such as"):
        inferencer(inputs)
