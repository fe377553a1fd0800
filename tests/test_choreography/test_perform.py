from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import Tuning
from mmctsvg.choreography import mix, prepare, read_script
from mmctsvg.motion import make_loop, save_motion
from mmctsvg.utils.errors import UserError


def styles(inferencer, path, seconds):
    return prepare(inferencer, read_script(path)).styles(np.asarray(seconds, np.float64))


def style(inferencer, actor, action, m, seconds):
    """Of one moment, from the generator's own functions."""
    t = torch.tensor([[seconds * inferencer.fps]], dtype=torch.float64)
    w_c = inferencer.content_style(actor, action)[None]
    return inferencer.generator.styles(w_c, m[None], t)[0, 0]


def test_a_script_in_which_nothing_changes_is_a_plain_video(inferencer, write):
    """Bit for bit, whatever the pieces are."""
    path = write("length: 2 s\nscore:\n  0 s: {actor: bob, action: nod, motion: 3}")
    video = torch.cat(list(prepare(inferencer, read_script(path)).frames(chunk=4)))
    count = round(2 * inferencer.fps)
    m = inferencer.sample_motion(1, seed=3)
    plain = inferencer.render(range(count), "bob", "nod", motion=m, chunk=4, exact=True)
    assert torch.equal(video, plain)


@pytest.mark.parametrize("way", ["linear", "smooth", "slerp"])
def test_changes(inferencer, write, way):
    """Before, during and after, with two tracks changing at different times."""
    path = write(
        "length: 9 s\nscore:\n  0 s: {actor: ann, action: nod, motion: 3}\n"
        f"  2 s: {{actor: bob, {way}: 2 s}}\n  3 s: {{action: wave, {way}: 4 s}}\n"
    )
    m = inferencer.sample_motion(1, seed=3)[0]
    found = styles(inferencer, path, [1.9, 3.5, 8.0])
    torch.testing.assert_close(found[0], style(inferencer, "ann", "nod", m, 1.9))
    torch.testing.assert_close(found[2], style(inferencer, "bob", "wave", m, 8.0))

    def between(a, b, share):
        if way == "smooth":
            share = 3 * share**2 - 2 * share**3
        if way != "slerp":
            return (1 - share) * a + share * b
        na, nb = np.linalg.norm(a), np.linalg.norm(b)
        angle = np.arccos(a @ b / na / nb)
        turned = (np.sin((1 - share) * angle) * a / na + np.sin(share * angle) * b / nb) / np.sin(
            angle
        )
        return turned * ((1 - share) * na + share * nb)

    content = {
        (who, what): inferencer.content_style(who, what).double().numpy()
        for who in ("ann", "bob")
        for what in ("nod", "wave")
    }
    actors = [between(content["ann", a], content["bob", a], 0.75) for a in ("nod", "wave")]
    expected = between(*actors, 0.125)
    size = inferencer.generator.content_dim
    np.testing.assert_allclose(found[1, :size], expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found[1, size:], style(inferencer, 0, 0, m, 3.5)[size:])


def test_motions_begin_when_they_are_entered(inferencer, write, tmp_path):
    """A motion of a clip keeps its shift and tempo; the old one goes on while it fades out."""
    known = inferencer.find_motion(5, frames=9)
    times = 7.0 + 0.5 * torch.arange(9, dtype=torch.float64)
    save_motion(tmp_path / "clip.safetensors", replace(known, times=times, fps=10.0))
    path = write(
        "length: 9 s\nscore:\n  0 s: {actor: ann, action: nod, motion: 3}\n"
        "  2 s: {motion: clip.safetensors, linear: 1 s}\n  6 s: {motion: 5, from: 4 s}\n"
        "time: {0 s: 1 s, 8 s: 5 s}\n"
    )
    a, b = (inferencer.sample_motion(1, seed=s)[0] for s in (3, 5))
    fps, size = inferencer.fps, inferencer.generator.content_dim
    found = styles(inferencer, path, [1.0, 2.5, 4.0, 7.0])[:, size:]

    def temporal(m, seconds):
        return style(inferencer, "ann", "nod", m, seconds)[size:]

    torch.testing.assert_close(found[0], temporal(a, 1.5))
    # Half a second after it was entered, at half speed: 0.25 s of the clip are 2.5 of its frames.
    mixed = (temporal(a, 2.25) + temporal(b, (7 + 0.5 * 2.5) / fps)) / 2
    torch.testing.assert_close(found[1], mixed, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found[2], temporal(b, (7 + 0.5 * 10) / fps), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found[3], temporal(b, 4.5), rtol=1e-4, atol=1e-5)


def test_edited_motions(inferencer, write, tmp_path):
    motion = inferencer.find_motion(3, frames=30)
    loop, _ = make_loop(inferencer.waves(motion.m), inferencer.fps)
    save_motion(tmp_path / "loop.safetensors", replace(motion, style=loop))
    path = write("length: 3 s\nscore: {0 s: {actor: 0, action: 0, motion: loop.safetensors}}")
    found = styles(inferencer, path, [0.2, 1.2])
    torch.testing.assert_close(found[0], found[1])
    plain = styles(inferencer, write("length: 3 s\nscore: {0 s: {actor: 0, action: 0}}"), [0, 1.0])
    assert not torch.allclose(plain[0], plain[1], atol=1e-3)


def test_a_tuning_s_person_in_any_normal_form(make_generator, make_meta, write):
    """Of a generator that knows no actors, where other names are numbers of seeds."""
    generator = make_generator(num_actors=0).requires_grad_(False)
    inferencer = CTSVGInferencer.from_generator(generator, make_meta(num_actors=0))
    person = torch.cat([torch.randn(4), torch.zeros(4)])
    weights = inferencer.fingerprint
    inferencer.apply(Tuning(name="Jos\u00e9", weights=weights, parts={}, person=person))
    with pytest.raises(UserError, match="'Jose'"):
        prepare(
            inferencer, read_script(write("length: 1 s\nscore: {0 s: {actor: Jose, action: nod}}"))
        )
    found = [
        styles(
            inferencer, write(f"length: 1 s\nscore: {{0 s: {{actor: {name}, action: nod}}}}"), [0.5]
        )
        for name in ("Jos\u00e9", "Jose\u0301", "0")
    ]
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])


def test_slerp_along_a_line():
    a = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    b = torch.tensor([[3.0, 0.0], [-1.0, 0.0]])
    found = mix(a, b, torch.tensor([0.25, 0.25]), "slerp")
    torch.testing.assert_close(found, torch.tensor([[1.5, 0.0], [0.5, 0.0]]))


def test_what_does_not_fit(inferencer, write):
    path = write(
        "length: 9 s\nscore:\n  0 s: {actor: carl, motion: none.safetensors}\n  2 s: {actor: ann}"
    )
    with pytest.raises(UserError) as caught:
        prepare(inferencer, read_script(path))
    lines = str(caught.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == [f"{path}:1:", f"{path}:3:", f"{path}:3:"]
    assert "needs an action" in lines[0] and "carl" in str(lines) and "none.saf" in str(lines)


@pytest.mark.parametrize("actions", [0, 3])
def test_generators_that_know_no_actors(make_generator, make_meta, write, actions):
    generator = make_generator(num_actors=0, num_actions=actions)
    inferencer = CTSVGInferencer.from_generator(generator, make_meta(0, actions))
    say = "action: nod, " if actions else ""
    path = write(f"length: 4 s\nscore:\n  0 s: {{{say}actor: 3}}\n  1 s: {{actor: 4, smooth: 1 s}}")
    found = styles(inferencer, path, [0.0, 3.0])
    for row, seed in zip(found, (3, 4), strict=True):
        z_c = inferencer.sample_content(1, seed=seed)
        expected = inferencer.content_style(None, "nod" if actions else None, z_c)
        torch.testing.assert_close(row[: len(expected)], expected)
    bad = write(f"length: 4 s\nscore:\n  0 s: {{{say}actor: ann}}")
    with pytest.raises(UserError, match=":3: actor 'ann'.*seed"):
        prepare(inferencer, read_script(bad))
