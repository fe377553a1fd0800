from dataclasses import replace
from operator import attrgetter

import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import Tuning, fingerprint, load_tuning, save_tuning
from mmctsvg.checkpoints.tuned_layers import applied_tuning
from mmctsvg.motion import load_motion, save_motion
from mmctsvg.utils.errors import UserError


@pytest.fixture
def inferencer(make_generator, make_meta):
    return CTSVGInferencer.from_generator(make_generator().requires_grad_(False), make_meta())


@pytest.fixture
def tuning(make_generator):
    generator = make_generator()
    synthesis = generator.synthesis
    return Tuning(
        name="eva",
        weights=fingerprint(generator),
        parts={
            "to_rgbs.1.bias": (torch.tensor([0.5, -0.5, 0.0]),),
            "convs.1.conv.weight": (torch.randn(8, 2), torch.randn(2, 72)),
            "convs.2.conv.weight": (torch.randn_like(synthesis.convs[2].conv.weight),),
        },
        person=torch.cat([torch.randn(4), torch.zeros(4)]),
        info={"steps": 3},
    )


def test_round_trip(tmp_path, tuning):
    save_tuning(tmp_path / "sub" / "tuning.safetensors", tuning)
    loaded = load_tuning(tmp_path / "sub" / "tuning.safetensors")
    assert (loaded.name, loaded.weights, loaded.info) == ("eva", tuning.weights, {"steps": 3})
    assert torch.equal(loaded.person, tuning.person)
    assert loaded.parts.keys() == tuning.parts.keys()
    for name, parts in tuning.parts.items():
        assert len(parts) == len(loaded.parts[name])
        assert all(torch.equal(a, b) for a, b in zip(parts, loaded.parts[name], strict=True))
    save_tuning(tmp_path / "known.safetensors", replace(tuning, person=None))
    assert load_tuning(tmp_path / "known.safetensors").people == ()


def test_applied_and_removed(tmp_path, inferencer, tuning):
    m = inferencer.sample_motion(1, seed=2)
    before = {name: value.clone() for name, value in inferencer.generator.state_dict().items()}
    parameters = dict(inferencer.generator.named_parameters())

    def shown():
        return {name: attrgetter(name)(inferencer.generator) for name in before}

    video, weights = inferencer.render(range(3), "ann", "wave", motion=m), inferencer.fingerprint
    inferencer.apply(tuning)
    changed = shown()
    assert applied_tuning(inferencer.generator) == "eva"
    a, b = tuning.parts["convs.1.conv.weight"]
    name = "synthesis.convs.1.conv.weight"
    assert torch.equal(changed[name], before[name] + (a @ b).reshape(before[name].shape))
    changes = {name for name in before if not torch.equal(before[name], changed[name])}
    assert changes == {f"synthesis.{name}" for name in tuning.parts}
    tuned = inferencer.render(range(3), "ann", "wave", motion=m)
    assert not torch.equal(tuned, video) and inferencer.fingerprint == weights
    inferencer.apply(tuning)  # anew: from the original weights, not on top
    assert torch.equal(inferencer.render(range(3), "ann", "wave", motion=m), tuned)
    inferencer.remove()
    inferencer.remove()
    after = inferencer.generator.state_dict()
    assert after.keys() == before.keys() and applied_tuning(inferencer.generator) is None
    assert all(torch.equal(before[name], after[name]) for name in before)
    for name, parameter in inferencer.generator.named_parameters():
        assert parameter is parameters[name]
    assert torch.equal(inferencer.render(range(3), "ann", "wave", motion=m), video)


def test_nothing_is_applied_if_the_next_cannot_be_read(tmp_path, inferencer, tuning):
    inferencer.apply(tuning)
    with pytest.raises(UserError, match="no such file"):
        inferencer.apply(tmp_path / "none.safetensors")
    assert inferencer.tuning is None and inferencer.actors == ("ann", "bob")


def test_motions_of_the_base_weights_are_taken(tmp_path, inferencer, tuning):
    path = tmp_path / "motion.safetensors"
    save_motion(path, inferencer.find_motion(3))
    inferencer.apply(tuning)
    assert inferencer.find_motion(path).weights == tuning.weights
    assert inferencer.find_motion(4).weights == tuning.weights
    with torch.no_grad():
        inferencer.generator.mapper.time2vec.phase[0] += 1
    with pytest.raises(UserError, match="belongs to the weights"):
        load_motion(path, inferencer.generator)


@pytest.mark.parametrize("content", ["paper", "official"])
@pytest.mark.parametrize("labels", [(2, 3), (2, 0), (0, 3), (0, 0)])
def test_person_is_one_more_actor(make_generator, make_meta, labels, content):
    generator = make_generator(*labels, content=content).requires_grad_(False)
    inferencer = CTSVGInferencer.from_generator(generator, make_meta(*labels))
    vector = torch.randn(8)
    parts = {"to_rgbs.0.bias": (torch.zeros(3),)}
    tuning = Tuning(name="eva", weights=inferencer.fingerprint, parts=parts, person=vector)
    inferencer.apply(tuning)
    assert inferencer.actors == (*("ann", "bob")[: labels[0]], "eva")
    action = "wave" if labels[1] else None
    found = inferencer.content_style("eva", action)
    expected = vector.clone()
    if labels[1]:
        embedding = 0.5 * generator.content_mapper.action.weight[1]  # the ramp is 0.5
        expected[-len(embedding) :] += embedding
    torch.testing.assert_close(found, expected)
    assert torch.equal(found, inferencer.content_style(labels[0], action))
    m = inferencer.sample_motion(1)
    video = inferencer.render(range(2), "eva", action, motion=m)
    torch.testing.assert_close(video, inferencer.render(range(2), w_c=expected, motion=m))
    # The others are as they were, with drawn contents too.
    actor = "bob" if labels[0] else None
    tuned = inferencer.content_style(actor, action, seed=3)
    inferencer.remove()
    assert torch.equal(tuned, inferencer.content_style(actor, action, seed=3))
    with pytest.raises(UserError, match="'eva'"):
        inferencer.content_style("eva", action)


def test_refuses(tmp_path, inferencer, tuning, make_generator, make_meta):
    path = tmp_path / "tuning.safetensors"
    with pytest.raises(UserError, match="no such file"):
        load_tuning(path)
    save_tuning(path, tuning)
    data = path.read_bytes()
    path.write_bytes(data[:-7])
    with pytest.raises(UserError, match="damaged or no tuning"):
        inferencer.apply(path)
    path.write_bytes(data.replace(b'\\"format\\": 1', b'\\"format\\": 9'))
    with pytest.raises(UserError, match="format is 9"):
        load_tuning(path)
    save_motion(path, inferencer.find_motion(3))
    with pytest.raises(UserError, match=r"holds no tuning; give a tuning.safetensors"):
        load_tuning(path)
    bad = replace(tuning, parts={"to_rgbs.1.bias": (torch.tensor([0.5, float("nan"), 0.0]),)})
    save_tuning(path, bad)
    with pytest.raises(UserError, match="not finite"):
        load_tuning(path)
    with pytest.raises(UserError, match=r"as .safetensors"):
        save_tuning(tmp_path / "tuning.pt", tuning)
    for change in (
        {"parts": {"to_rgbs.1.bias": (torch.zeros(4),)}},
        {"parts": {"convs.1.conv.weight": (torch.zeros(8, 2), torch.zeros(2, 71))}},
        {"parts": {"other": (torch.zeros(4),)}},
        {"person": torch.zeros(7)},
    ):
        with pytest.raises(UserError, match="does not fit"):
            inferencer.apply(replace(tuning, **change))
        assert applied_tuning(inferencer.generator) is None
        assert inferencer.tuning is None and inferencer.actors == ("ann", "bob")
    with pytest.raises(UserError, match="'bob' has the name of an actor"):
        inferencer.apply(replace(tuning, name="bob"))
    with pytest.raises(UserError, match="has the name of an actor"):
        CTSVGInferencer.from_generator(
            make_generator(), make_meta(actors=["Jos\u00e9", "bob"])
        ).apply(replace(tuning, name="Jose\u0301"))
    other = make_generator()
    with torch.no_grad():
        other.mapper.time2vec.phase[0] += 1e-6
    other = CTSVGInferencer.from_generator(other, make_meta())
    with pytest.raises(UserError, match="belongs to the weights"):
        other.apply(tuning)
    assert fingerprint(inferencer.generator) == tuning.weights
