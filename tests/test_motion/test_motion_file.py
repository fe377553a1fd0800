from dataclasses import replace

import pytest
import torch

from mmctsvg.checkpoints import fingerprint, load_generator, save_generator
from mmctsvg.motion import Motion, Waves, load_motion, make_loop, save_motion
from mmctsvg.utils.errors import UserError


@pytest.fixture
def motion(make_generator):
    return Motion(
        style=torch.randn(12),
        times=torch.tensor([0.0, 1 / 3, 1e5 + 1 / 7], dtype=torch.float64),
        fps=12.5,
        weights=fingerprint(make_generator()),
        actor="ann",
        action=None,
        w_c=torch.randn(8),
        info={"losses": [1.5, 2.0]},
    )


def test_round_trip(tmp_path, motion, make_generator):
    path = tmp_path / "sub" / "motion.safetensors"
    save_motion(path, motion)
    loaded = load_motion(path, make_generator())
    for name in ("m", "times", "w_c"):
        assert torch.equal(getattr(loaded, name), getattr(motion, name)), name
    for name in ("fps", "weights", "actor", "action", "info"):
        assert getattr(loaded, name) == getattr(motion, name), name
    assert loaded.times.dtype == torch.float64


def test_edited_waves_are_kept(tmp_path, motion, make_generator):
    path = tmp_path / "motion.safetensors"
    waves = Waves.of(make_generator().mapper.time2vec, motion.m)
    times = torch.tensor([-3.0, 0.5, 70.0], dtype=torch.float64)
    for edited in (make_loop(waves, 9.5)[0], replace(waves, drift="wrap", span=4.0), waves):
        save_motion(path, replace(motion, style=edited))
        style = load_motion(path, make_generator()).style
        assert torch.equal(style.temporal(times), edited.temporal(times))
    assert torch.equal(motion.style, motion.m)


def test_fingerprint(tmp_path, make_generator, make_meta):
    generator = make_generator()
    save_generator(tmp_path / "g.safetensors", generator, make_meta())
    assert fingerprint(load_generator(tmp_path / "g.safetensors")[0]) == fingerprint(generator)
    other = make_generator()
    with torch.no_grad():
        other.synthesis.to_rgbs[0].bias[0] += 1e-6
    assert fingerprint(other) != fingerprint(generator)


def test_refuses_other_weights(tmp_path, motion, make_generator):
    path = tmp_path / "motion.safetensors"
    save_motion(path, motion)
    other = make_generator(num_actors=1)
    with pytest.raises(UserError, match=r"belongs to the weights .* any_weights=True"):
        load_motion(path, other)
    assert torch.equal(load_motion(path, other, any_weights=True).m, motion.m)
    assert torch.equal(load_motion(path).m, motion.m)
    larger = make_generator(motion_dim=16)
    with pytest.raises(UserError, match="12 numbers.*takes 16"):
        load_motion(path, larger, any_weights=True)


def test_refuses_other_files(tmp_path, motion, make_generator, make_meta):
    with pytest.raises(UserError, match="no such file"):
        load_motion(tmp_path / "x.safetensors")
    generator = tmp_path / "g.safetensors"
    save_generator(generator, make_generator(), make_meta())
    with pytest.raises(UserError, match="holds no motion"):
        load_motion(generator)
    path = tmp_path / "m.safetensors"
    save_motion(path, motion)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="damaged"):
        load_motion(path)
    with pytest.raises(UserError, match="not as '.json'"):
        save_motion(tmp_path / "m.json", motion)
    bad = Motion(style=torch.full((12,), torch.nan), times=motion.times, fps=1.0, weights="")
    save_motion(path, bad)
    with pytest.raises(UserError, match="not finite"):
        load_motion(path)


def test_refuses_contents_that_cannot_be_shown(tmp_path, motion, make_generator):
    """Each in one sentence with the file's name, whoever wrote it."""
    path = tmp_path / "motion.safetensors"
    waves = Waves.of(make_generator().mapper.time2vec, motion.m)
    short = replace(waves, frequency=waves.frequency[:3])
    lost = replace(waves, drift="hold", span=4.0)
    object.__setattr__(lost, "drift", "away")
    for wrong, words in (
        (replace(motion, times=motion.times[:1]), "wrong shapes"),
        (replace(motion, style=short), "wrong shapes"),
        (replace(motion, style=lost), "drift is one of"),
        (replace(motion, fps=0.0), "frame rate"),
        (replace(motion, fps=float("nan")), "frame rate"),
    ):
        save_motion(path, wrong)
        with pytest.raises(UserError, match=f"motion.safetensors: .*{words}"):
            load_motion(path)


def test_other_trajectories_are_kept(tmp_path, motion, other_inferencer, other_waves):
    path = tmp_path / "motion.safetensors"
    times = torch.tensor([-3.0, 0.5, 70.0], dtype=torch.float64)
    loop = make_loop(other_waves, 9.5)[0]
    whose = dict(weights=other_inferencer.fingerprint)
    for edited in (loop, other_waves):
        save_motion(path, replace(motion, style=edited, **whose))
        loaded = load_motion(path, other_inferencer.generator)
        assert torch.equal(loaded.style.temporal(times), edited.temporal(times))
        assert torch.equal(loaded.style.m, edited.m)
    for wrong in (
        replace(loop, directions=torch.zeros(2, 5)),
        replace(loop, trajectory="product", directions=None),
        replace(loop, amplitude=loop.amplitude[:, :1]),
        replace(loop, linear=loop.linear[0]),
    ):
        object.__setattr__(motion, "style", wrong)
        try:
            save_motion(path, motion)
        except (RuntimeError, IndexError):  # numbers that do not even make one vector
            continue
        with pytest.raises(UserError, match="wrong shapes"):
            load_motion(path)
