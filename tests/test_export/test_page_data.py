"""What the page is given, and what its own arithmetic makes of it, against the inferencer."""

import base64
import json
import math
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mmctsvg.analysis.motion_pca import motion_pca
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import Tuning
from mmctsvg.export.page_data import LOOKS, SEEDS, page_data
from mmctsvg.motion import equalise, make_loop
from mmctsvg.utils.errors import UserError

PAGE = Path(__file__).parents[2] / "mmctsvg" / "assets" / "web"
NODE = shutil.which("node")
SCRIPT = """
import { readModel, contentStyle, makeWaves, makeStyles } from "./motion.mjs";
import { readFileSync } from "node:fs";
const { data, cases } = JSON.parse(readFileSync("cases.json", "utf8"));
const model = readModel(data);
const found = cases.map(({ motion, people, times }) => {
  const contents = people.map((person) => contentStyle(model, person));
  const waves = makeWaves(model, motion);
  return times.map((time) => Array.from(makeStyles(contents, waves, time)));
});
console.log(JSON.stringify(found));
"""
PLAIN = dict(seed=0, steps=[0, 0, 0], drift=1, slow=1, fast=1, edge=1, end="paper", seconds=2)


def unpack(text: str, count: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(count, -1)


def test_contents_are_sums_of_people_and_actions(inferencer):
    data = page_data(inferencer)
    people, actions = unpack(data["contents"], 2), unpack(data["parts"], 3)
    for (actor, action), w_c in inferencer.contents().items():
        found = people[data["actors"].index(actor)] + actions[data["actions"].index(action)]
        np.testing.assert_allclose(found, w_c.numpy(), atol=1e-6)
    motions = unpack(data["motions"], SEEDS)
    np.testing.assert_array_equal(motions[17], inferencer.sample_motion(1, 17)[0].numpy())
    json.dumps(data)


def test_looks_where_there_are_no_actors(free):
    data = page_data(free)
    assert len(data["actors"]) == LOOKS and data["actions"] == [] and data["parts"] == ""
    found = unpack(data["contents"], LOOKS)
    np.testing.assert_array_equal(found[5], free.content_style(seed=5).numpy())


def test_the_person_of_a_tuning_is_an_actor(inferencer):
    person = torch.linspace(-1, 1, 8) * torch.tensor([1.0] * 4 + [0.0] * 4)
    inferencer.apply(Tuning(name="eve", weights=inferencer.fingerprint, parts={}, person=person))
    data = page_data(inferencer)
    assert data["actors"] == ["ann", "bob", "eve"]
    np.testing.assert_allclose(unpack(data["contents"], 3)[2], person.numpy(), atol=1e-6)


def waves_of(inferencer, motion):
    """The same edits in the order and words of the package."""
    low = int(motion["seed"])
    one, two = (inferencer.sample_motion(1, s)[0].double() for s in (low, min(low + 1, 99)))
    m, pca = one + (motion["seed"] - low) * (two - one), motion_pca(inferencer)
    for number, amount in enumerate(motion["steps"]):
        m = pca.move(m, number, amount)
    edge = 2 * math.pi * motion["edge"] / inferencer.fps
    gains = {name: motion[name] for name in ("drift", "slow", "fast")}
    waves = equalise(inferencer.waves(m.float()), edge, **gains)
    length = motion["seconds"] * inferencer.fps
    if motion["end"] == "loop":
        return make_loop(waves, length)[0]
    return replace(waves, drift=motion["end"], span=length)


@pytest.mark.skipif(NODE is None, reason="needs node")
@pytest.mark.parametrize("order", ["paper", "official"])
def test_styles_of_the_page(make_generator, make_meta, tmp_path, order):
    from mmctsvg.apis import CTSVGInferencer

    generator = make_generator(time2vec_order=order, content=order)
    inferencer = CTSVGInferencer.from_generator(generator, make_meta())
    two = [
        dict(actor=0, other=1, mix=0.25, actions=[0, 1, 0]),
        dict(actor=1, other=0, mix=0, actions=[0.5, 0, 1.5]),
    ]
    changes = [
        {},
        dict(seed=98.75, steps=[1.5, -2, 0.5]),
        dict(drift=-0.5, slow=2, fast=0.25, edge=2.5),
        dict(end="loop", seconds=3),
        dict(end="hold", slow=0.5),
        dict(end="wrap", seed=7),
    ]
    times = [0.0, 3.7, -11.2, 61.3, 1e4]
    cases = [dict(motion={**PLAIN, **c}, people=two, times=times) for c in changes]
    (tmp_path / "motion.mjs").write_text((PAGE / "motion.js").read_text())
    (tmp_path / "run.mjs").write_text(SCRIPT)
    probe = dict(styles="", values="", step=1)
    given = dict(data={**page_data(inferencer), "probe": probe}, cases=cases)
    (tmp_path / "cases.json").write_text(json.dumps(given))
    run = subprocess.run(
        [NODE, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    ann, bob = inferencer.content_style(0, 0), inferencer.content_style(1, 0)
    part = [inferencer.content_style(0, n) - ann for n in range(3)]  # from action 0
    zero = page_data(inferencer)
    first = torch.from_numpy(unpack(zero["parts"], 3)[0].copy())
    contents = [
        ann + 0.25 * (bob - ann) + part[1],
        bob + 0.5 * first + 1.5 * (first + part[2]) - first,
    ]
    for case, found in zip(cases, json.loads(run.stdout), strict=True):
        temporal = waves_of(inferencer, case["motion"]).temporal(torch.tensor(times).double())
        for n, v in enumerate(temporal):
            wanted = torch.cat([torch.cat([w_c, v.float()]) for w_c in contents]).numpy()
            np.testing.assert_allclose(found[n], wanted, atol=2e-5 * max(1, np.abs(wanted).max()))


def test_the_page_computes_the_papers_motion_alone(make_generator, make_meta):
    generator = make_generator(trajectory="quadrature")
    with pytest.raises(UserError, match="trajectory is 'quadrature': the page computes 'product'"):
        page_data(CTSVGInferencer.from_generator(generator, make_meta()))
