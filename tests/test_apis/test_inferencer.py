import itertools

import pytest
import torch

from mmctsvg.apis import CTSVGInferencer, video_inferencer
from mmctsvg.checkpoints import save_generator
from mmctsvg.utils.errors import UserError


def test_from_file(tmp_path, make_generator, make_meta, inferencer):
    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(), make_meta())
    loaded = CTSVGInferencer(path, device="cpu")
    assert loaded.actors == ("ann", "bob") and loaded.actions == ("nod", "wave", "3")
    assert (loaded.fps, loaded.size, loaded.motion_dim, loaded.z_c_dim) == (20.0, 16, 12, 0)
    video = loaded.render(range(3), "ann", "wave")
    assert torch.equal(video, inferencer.render(range(3), "ann", "wave"))


def test_render_is_the_generator(inferencer):
    m = inferencer.sample_motion(1, seed=4)
    times = [0.0, 1.5, -3.0, 20_000.25]
    video = inferencer.render(times, "bob", 1, motion=m, noise="zero", clamp=False)
    expected = inferencer.generator.render(
        m,
        torch.tensor([times], dtype=torch.float64),
        torch.tensor([1]),
        torch.tensor([1]),
        ramp=0.5,
    )[0]
    assert video.shape == (4, 3, 16, 16) and video.dtype == torch.float32
    size = expected.abs().amax(dim=(1, 2, 3), keepdim=True)  # of a late time: hundreds
    torch.testing.assert_close(video / size, expected / size, atol=1e-5, rtol=0)
    clamped = inferencer.render(times, "bob", 1, motion=m, noise="zero")
    assert torch.equal(clamped, video.clamp(-1, 1))


def test_noise_vector_and_motion_vector_agree(inferencer):
    z = torch.randn(12, generator=torch.Generator().manual_seed(1))
    m = inferencer.generator.mapper.style(z[None])
    first = inferencer.render(range(4), 0, 0, z=z)
    assert torch.equal(first, inferencer.render(range(4), 0, 0, motion=m))
    assert torch.equal(first, inferencer.render(range(4), 0, 0, motion=m[0]))
    assert not torch.equal(first, inferencer.render(range(4), 0, 0))


def test_noises(inferencer):
    def render(noise, seed=0, chunk=16):
        still = [2.0] * 3
        m = inferencer.sample_motion(1)
        return inferencer.render(still, 0, 0, motion=m, noise=noise, seed=seed, chunk=chunk)

    videos = {noise: render(noise) for noise in ("fixed", "zero", "stored", "random")}
    for noise, video in videos.items():
        still = all((video[0] - frame).abs().max() < 1e-5 for frame in video)
        assert still == (noise != "random"), noise
        torch.testing.assert_close(video, render(noise, chunk=2), atol=1e-5, rtol=0)
        same = torch.allclose(video, render(noise, seed=1), atol=1e-4)
        assert same == (noise in ("zero", "stored")), noise
    assert (videos["fixed"] - videos["zero"]).abs().max() > 1e-3
    assert (videos["stored"] - videos["zero"]).abs().max() > 1e-3


def test_a_long_video_begins_like_a_short_one(inferencer):
    long = inferencer.render(range(37), 0, 1, chunk=8, exact=True)
    for length in (1, 3, 8, 9):
        short = inferencer.render(range(length), 0, 1, chunk=8, exact=True)
        assert torch.equal(short, long[:length])


def test_pieces_come_one_by_one(inferencer):
    asked = []

    def times():
        for t in range(1000):
            asked.append(t)
            yield t

    stream = inferencer.stream(times(), 0, 0, chunk=4)
    assert next(stream).shape == (4, 3, 16, 16)
    assert len(asked) == 4
    lengths = [len(piece) for piece in inferencer.stream(range(10), 0, 0, chunk=4)]
    assert lengths == [4, 4, 2]


def test_one_frame_after_the_other_for_ever(inferencer):
    m = inferencer.sample_motion(1, seed=3)
    for noise in ("fixed", "random"):
        stream = inferencer.stream(itertools.count(), 0, 1, motion=m, noise=noise, chunk=1)
        frames = torch.cat(list(itertools.islice(stream, 9)))
        torch.testing.assert_close(
            frames, inferencer.render(range(9), 0, 1, motion=m, noise=noise), atol=1e-5, rtol=0
        )
        alone = inferencer.render(range(9), 0, 1, motion=m, noise=noise, chunk=1)
        assert torch.equal(frames, alone)


@pytest.mark.parametrize("noise", ["fixed", "zero", "stored"])
def test_rendering_is_the_plain_synthesis(inferencer, noise):
    m = inferencer.sample_motion(1, seed=4)
    styles = torch.cat(
        [
            inferencer.content_style(1, 2).expand(5, -1),
            inferencer.waves(m).temporal(torch.arange(5.0)),
        ],
        dim=1,
    )
    maps = {"fixed": inferencer.fixed_noise(6), "stored": inferencer.generator.stored_noise}
    expected = inferencer.generator.synthesise(styles, maps.get(noise))
    for chunk in (1, 3):
        video = inferencer.render(
            range(5), 1, 2, motion=m, noise=noise, seed=6, clamp=False, chunk=chunk
        )
        torch.testing.assert_close(video, expected, atol=1e-5, rtol=1e-5)


def test_a_stream_takes_the_weights_of_its_start(inferencer):
    before = inferencer.render(range(6), 0, 1, chunk=2)
    running, waiting = (inferencer.stream(range(6), 0, 1, chunk=2) for _ in range(2))
    prepared = inferencer.prepare()
    pieces = [next(running)]
    with torch.no_grad():
        for parameter in inferencer.generator.synthesis.parameters():
            parameter.mul_(1.3)
    pieces += running
    assert torch.equal(torch.cat(pieces), before)
    after = inferencer.render(range(6), 0, 1, chunk=2)
    assert (after - before).abs().max() > 1e-2
    assert torch.equal(torch.cat(list(waiting)), after)
    shared = inferencer.render(range(6), 0, 1, chunk=2, prepared=prepared)
    assert torch.equal(shared, before)


def test_times_from_tensors_and_arrays(inferencer):
    expected = inferencer.render([0, 1, 2], 0, 0)
    assert torch.equal(expected, inferencer.render(torch.arange(3), 0, 0))
    assert torch.equal(expected, inferencer.render(torch.arange(3).numpy(), 0, 0))


def test_draws_depend_on_the_seed_only(inferencer, free):
    for draw, size in ((inferencer.sample_motion, 12), (free.sample_content, free.z_c_dim)):
        four = draw(4, seed=2)
        assert four.shape == (4, size)
        torch.testing.assert_close(four[:1], draw(1, seed=2))
        assert not torch.allclose(four, draw(4, seed=3))
        state = torch.get_rng_state()
        draw(4, seed=2)
        assert torch.equal(state, torch.get_rng_state())


def test_every_purpose_draws_from_a_stream_of_its_own(make_generator, make_meta, monkeypatch):
    wide = make_generator(0, 0, motion_dim=400, content_dim=400)
    inferencer = CTSVGInferencer.from_generator(wide, make_meta(0, 0))
    monkeypatch.setattr(wide.mapper, "style", lambda z: z)
    drawn = [
        inferencer.sample_motion(3, seed=5),
        inferencer.sample_content(3, seed=5),
        inferencer.sample_motion(3, seed=6),
        inferencer.sample_motion(1, seed=-5),
    ]
    size = min(rows.shape[1] for rows in drawn)
    correlation = torch.cat([rows[:, :size] for rows in drawn]).corrcoef().fill_diagonal_(0)
    assert size >= 400 and correlation.abs().max() < 0.25  # five deviations of 1 / sqrt(400)


def test_noise_of_frames_is_not_the_noise_of_seeds(inferencer, monkeypatch):
    seen = []
    draw = inferencer.generator.noise_maps

    def keep(n, generator):
        seen.append(torch.cat([noise.flatten() for noise in draw(n, generator)]))
        return draw(n, generator)

    monkeypatch.setattr(inferencer.generator, "noise_maps", keep)
    for seed in range(3):
        inferencer.render(range(3), 0, 0, seed=seed, noise="fixed")
        inferencer.render(range(3), 0, 0, seed=seed, noise="random")
    assert len(seen) == 3 * (1 + 3)
    correlation = torch.stack(seen).corrcoef().fill_diagonal_(0)
    assert correlation.abs().max() < 5 / len(seen[0]) ** 0.5


@pytest.mark.parametrize(("switch", "noise"), [("paper", "fixed"), ("official", "random")])
def test_noise_is_by_default_that_of_the_training(
    tmp_path, make_generator, make_meta, switch, noise
):
    save_generator(tmp_path / "g.safetensors", make_generator(layer_noise=switch), make_meta())
    inferencer = CTSVGInferencer(tmp_path / "g.safetensors", "cpu")
    assert inferencer.default_noise == noise
    video = inferencer.render([2.0] * 3, 0, 0)
    assert torch.equal(video, inferencer.render([2.0] * 3, 0, 0, noise=noise))
    assert torch.allclose(video[0], video[1], atol=1e-5) == (noise == "fixed")


def test_a_video_without_frames(inferencer):
    with pytest.raises(UserError, match="times is empty"):
        inferencer.render([], 0, 0)


def test_labels_by_name_and_number(inferencer):
    assert inferencer.find_actor("bob") == inferencer.find_actor("1") == inferencer.find_actor(1)
    assert inferencer.find_action("3") == 2  # a name before a number
    for find, value in (
        (inferencer.find_actor, "eve"),
        (inferencer.find_actor, 2),
        (inferencer.find_actor, -1),
        (inferencer.find_actor, ""),
    ):
        with pytest.raises(UserError, match="ann, bob .*0 to 1"):
            find(value)


def test_unconditional(free):
    z_c = free.sample_content(2, seed=5)
    videos = [free.render(range(2), z_c=z) for z in z_c]
    assert (videos[0] - videos[1]).abs().max() > 1e-3
    assert torch.equal(videos[0], free.render(range(2), z_c=z_c[:1]))
    with pytest.raises(UserError, match="knows no actors"):
        free.render(range(2), actor=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"actor": None}, "needs an actor: ann, bob"),
        ({"action": None}, "needs an action"),
        ({"motion": torch.zeros(5)}, r"motion must have the shape \(12,\), not \(5,\)"),
        ({"z": torch.zeros(2, 12)}, "z must have the shape"),
        ({"z": torch.zeros(12), "motion": torch.zeros(12)}, "not as both"),
        ({"z_c": torch.zeros(4)}, "takes no content noise"),
        ({"noise": "none"}, "fixed, zero, stored, random"),
        ({"chunk": 0}, "chunk"),
        ({"times": [0.0, float("nan")]}, "finite"),
    ],
)
def test_wrong_arguments(inferencer, arguments, message):
    with pytest.raises(UserError, match=message):
        inferencer.render(**{"times": [0], "actor": 0, "action": 0, **arguments})


def test_models_that_come_with_the_package(tmp_path, monkeypatch, make_generator, make_meta):
    monkeypatch.setattr(video_inferencer, "ASSETS", tmp_path)
    assert CTSVGInferencer.list_models() == []
    with pytest.raises(UserError, match="model='demo': there is no such model in .* only none;"):
        CTSVGInferencer("demo")
    for name in ("small", "demo"):
        save_generator(tmp_path / f"{name}.safetensors", make_generator(), make_meta())
    assert CTSVGInferencer.list_models() == ["demo", "small"]
    assert CTSVGInferencer.list_models("s*") == ["small"]
    for name in CTSVGInferencer.list_models():
        assert CTSVGInferencer(name, "cpu").actors == ("ann", "bob")
    with pytest.raises(UserError, match="model='large': .* only demo, small; give one of these"):
        CTSVGInferencer("large")


def test_registered():
    from mmctsvg.registry import INFERENCERS

    demo = CTSVGInferencer("demo", "cpu")
    built = INFERENCERS.build({"type": "CTSVGInferencer", "model": "demo", "device": "cpu"})
    assert built.fingerprint == demo.fingerprint


def test_wrong_device(tmp_path, make_generator, make_meta):
    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(), make_meta())
    with pytest.raises(UserError, match="device='gpu0': give 'cpu', 'cuda'"):
        CTSVGInferencer(path, device="gpu0")
    with pytest.raises(UserError, match="device='meta': give 'cpu', 'cuda'"):
        CTSVGInferencer(path, device="meta")
    if not torch.backends.mps.is_available():
        with pytest.raises(UserError, match="device='mps': this machine has no GPU of Apple's"):
            CTSVGInferencer(path, device="mps")
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="device='cuda': this machine has no such GPU"):
            CTSVGInferencer(path, device="cuda")


def test_precision(tmp_path, make_generator, make_meta):
    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(), make_meta())
    exact, half = CTSVGInferencer(path, "cpu"), CTSVGInferencer(path, "cpu", precision="bf16")
    video = half.render(range(3), 0, 0)
    assert video.dtype == torch.float32 and half.generator.compute_dtype == torch.bfloat16
    difference = (video - exact.render(range(3), 0, 0)).abs().max()
    assert 0 < difference < 0.1
    with pytest.raises(UserError, match="precision='half'"):
        CTSVGInferencer(path, precision="half")


def test_ready_styles_and_waves_render_the_same_video(inferencer):
    times = torch.tensor([0.0, 1.5, 40.0], dtype=torch.float64)
    m = inferencer.sample_motion(1, seed=4)
    video = inferencer.render(times.tolist(), "bob", 1, motion=m)
    waves, w_c = inferencer.waves(m), inferencer.content_style("bob", 1)
    assert torch.equal(inferencer.render(times.tolist(), "bob", 1, motion=waves), video)
    assert torch.equal(inferencer.render(times.tolist(), w_c=w_c, motion=m), video)
    styles = torch.cat([w_c.expand(3, -1), waves.temporal(times)], dim=1)
    (frames,) = inferencer.stream_styles([styles])
    assert torch.equal(frames, video)
    layers = styles[:, None].expand(-1, inferencer.generator.synthesis.num_layers, -1)
    (frames,) = inferencer.stream_styles([layers])
    assert torch.equal(frames, video)


def test_content_twice_is_refused(inferencer):
    with pytest.raises(UserError, match="not both"):
        inferencer.render(range(2), "bob", 1, w_c=inferencer.content_style("bob", 1))
    with pytest.raises(UserError, match="w_c must have the shape"):
        inferencer.render(range(2), w_c=torch.zeros(3))
