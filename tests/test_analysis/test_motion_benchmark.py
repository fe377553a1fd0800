import hashlib
import json

import numpy as np
import pytest

from mmctsvg.analysis.motion_benchmark import SCORES, Benchmark, DrawnEntry, score, take_part
from mmctsvg.analysis.motion_entries import wanted_videos
from mmctsvg.analysis.motion_scores import mean_sizes
from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.utils.errors import UserError

SMALL = {"clips": 4, "motions": 2, "grid_frames": 24}


def test_version_1_stays_what_it_is():
    """Whoever changes what is asked for, or the true motion, makes another version."""
    benchmark = Benchmark()
    assert benchmark.version == "1"
    listed = hashlib.sha256(json.dumps(wanted_videos(benchmark)).encode()).hexdigest()
    truth = [
        np.round(synth.pose(action, take, np.arange(48))["head_y"], 6).tolist()
        for action in range(5)
        for take in (0, 7, 255, 256, 295)
    ]
    moved = hashlib.sha256(json.dumps(truth).encode()).hexdigest()
    assert (listed[:12], moved[:12]) == ("cdca85650904", "c469acc133ad")


def test_nothing_that_is_held_out_is_given_for_training():
    benchmark, dataset = Benchmark(), SynthActorsDataset()
    clips = benchmark.pack(256)
    train, held_out = ([c for c in clips if c.is_train is kind] for kind in (True, False))
    assert len(train) == 32 * 256 and len({clip.name for clip in clips}) == len(clips)
    names = [person.name for person in synth.PEOPLE]
    for clip in train:
        cell = names.index(clip.actor), synth.ACTIONS.index(clip.action)
        assert clip.take < 256 and not dataset.is_held_out(*cell)
    assert [clip.take for clip in held_out] == list(range(256, 296))
    pairs = [(names.index(c.actor), synth.ACTIONS.index(c.action)) for c in held_out]
    assert sum(dataset.is_held_out(*pair) for pair in pairs) == 20
    for clip, recovered in zip(held_out, benchmark.held_out, strict=True):
        assert recovered.name == clip.name.replace("/", "-")
        assert (recovered.actor, recovered.action) == (clip.actor, clip.action)
        other = benchmark.replayed(recovered)
        assert other.actor != clip.actor and other.action == clip.action
        assert not dataset.is_held_out(names.index(other.actor), synth.ACTIONS.index(clip.action))
    # What training takes are given does not change what is held out.
    assert [c for c in benchmark.pack(2) if not c.is_train] == held_out
    for takes in (1, 257):
        with pytest.raises(UserError, match=f"takes is {takes}: .*256 on are held out"):
            benchmark.pack(takes)


def test_start_frames_are_of_training():
    benchmark = Benchmark()
    for actor, action, seen in benchmark.cells:
        who, what, take = benchmark.start_clip(actor, action)
        assert who == actor and take == 0 and benchmark.is_seen(actor, what)
        assert (what == action) == seen
    asked = wanted_videos(benchmark)
    assert len(asked) == 40 + 40 + 8 * 40 and len({row["path"] for row in asked}) == 400
    given = {clip.name for clip in benchmark.pack(2) if clip.is_train}
    assert {row["start"] for row in asked} <= given


@pytest.mark.slow
def test_ends_of_the_scores():
    """Real clips have the best of all scores, frozen ones and other takes the worst."""
    benchmark = Benchmark(**SMALL)
    benchmark.__dict__["cells"] = [c for c in benchmark.cells if c[0] in ("Mia", "George")]
    pieces, measured = [], {}
    for kind in ("real", "frozen", "other"):
        measured[kind] = take_part(
            DrawnEntry(benchmark, 64, kind),
            benchmark,
            lambda name, find: find(),
            lambda *piece: pieces.append(piece),
        )
    assert pieces[:6] == pieces[6:12] and pieces[5] == ("motion1", 6, 6)
    sizes = mean_sizes(measured["real"]["grid"]["records"])
    found = {
        kind: score(DrawnEntry(benchmark, 64, kind), one, sizes) for kind, one in measured.items()
    }
    real, frozen, other = ({name: found[kind][name]["value"] for name in SCORES} for kind in found)
    assert real["recovery"] > 0.95 and real["replay"] > 0.95 and real["synchrony"] > 0.95
    assert real["amplitude"] == pytest.approx(1) and found["real"]["recovery"]["size"] == 1
    assert real["transfer_seen"] == real["transfer_unseen"] == 1
    assert real["diversity"] < 0.8
    worst = {name: 1.0 if name == "diversity" else 0.0 for name in SCORES}
    assert frozen == pytest.approx(worst, abs=1e-6)
    for name in ("recovery", "replay", "synchrony"):
        assert other[name] < 0.8, name
    # That every actor has another take is what different motions are.
    assert other["synchrony"] == pytest.approx(real["diversity"], abs=0.25)
