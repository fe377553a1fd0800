import json
from collections import Counter
from itertools import product

import cv2
import numpy as np
import pytest

from mmctsvg.study.folder import read_key
from mmctsvg.study.make import make_study, resize, tile
from mmctsvg.study.sources import Source, draw_balanced, find_source
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization import FrameFolder


def untile(strip: np.ndarray, study) -> np.ndarray:
    """Frames as the page cuts them out."""
    h, w = study.size
    places = [divmod(n, study.columns) for n in range(study.frames)]
    return np.stack([strip[r * h : (r + 1) * h, c * w : (c + 1) * w] for r, c in places])


def test_every_set_has_one_video_of_each_source_without_loss(study):
    key = read_key(study)
    whose = json.loads((study.folder / "key.json").read_text())["videos"]
    assert len(study.sets) == 4 and len(set(key)) == 16
    for names in study.sets:
        assert sorted(key[name] for name in names) == ["fair", "good", "poor", "real"]
    for name, entry in whose.items():
        strip = cv2.imread(str(study.folder / "videos" / f"{name}.png"))
        source, clip = ["real", "good", "fair", "poor"].index(entry["source"]), entry["video"][-1]
        expected = 10 + 40 * source + int(clip) + 4 * np.arange(5)
        frames = untile(strip, study)
        assert frames.shape == (5, 16, 16, 3)
        np.testing.assert_array_equal(frames.min(axis=(1, 2, 3)), expected)
        np.testing.assert_array_equal(frames.max(axis=(1, 2, 3)), expected)
    assert len({(e["source"], e["video"]) for e in whose.values()}) == 16  # none twice


def test_what_the_page_gets_tells_no_method(study):
    public = (study.folder / "study.json").read_text()
    assert not any(name in public for name in ("real", "good", "fair", "poor"))
    assert [sorted(one) for one in study.sets] == study.sets  # no order of the sources


def test_draw_is_seeded_and_balanced():
    cells = [cell for cell in product("abcdef", "xyz") for _ in range(3)]
    draws = [draw_balanced(cells, 12, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    for seed in range(10):
        drawn = [cells[n] for n in draw_balanced(cells, 12, np.random.default_rng(seed))]
        assert len(set(drawn)) == 12
        for place, expected in ((0, 2), (1, 4)):
            counts = Counter(cell[place] for cell in drawn).values()
            assert max(abs(count - expected) for count in counts) <= 1
    few = [("a", "x")] * 10 + [("b", "x")]  # as far as the clips reach
    assert Counter(few[n] for n in draw_balanced(few, 4, np.random.default_rng(0))) == {
        ("a", "x"): 3,
        ("b", "x"): 1,
    }
    assert sorted(draw_balanced(few, 11, np.random.default_rng(0))) == list(range(11))


def test_size_and_tiles():
    frames = np.random.default_rng(0).integers(0, 256, (3, 4, 8, 3), dtype=np.uint8)
    small = resize(frames, (2, 4))
    expected = frames.reshape(3, 2, 2, 4, 2, 3).astype(float).mean(axis=(2, 4))
    np.testing.assert_allclose(small, expected, atol=0.5)
    assert resize(frames, (4, 8)) is frames
    grid = tile(frames, 2)
    assert grid.shape == (8, 16, 3) and not grid[4:, 8:].any()
    np.testing.assert_array_equal(grid[4:, :8], frames[2])


def test_larger_videos_shrink_to_the_smallest(folders, tmp_path):
    for n in range(4):
        with FrameFolder(folders["good"] / f"{n}") as writer:
            writer.write(np.full((6, 32, 32, 3), 7, np.uint8))
    real, *methods = [Source(name=name, place=place) for name, place in folders.items()]
    assert make_study(real, methods, tmp_path / "s", 2, 5).size == (16, 16)
    with FrameFolder(folders["good"] / "0") as writer:
        writer.write(np.full((6, 32, 48, 3), 7, np.uint8))
    with pytest.raises(UserError, match="must have one shape"):
        make_study(real, methods, tmp_path / "s", 4, 5)


def test_a_generator_makes_videos_of_all_cells(tmp_path, make_generator, make_meta):
    from mmctsvg.checkpoints import save_generator

    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(), make_meta())
    source = Source(name="g", place=path)
    videos = source.draw_videos(6, 3, 20.0, np.random.default_rng(0))
    assert len({(video.actor, video.action) for video in videos}) == 6  # 2 actors x 3 actions
    assert {video.frames.shape for video in videos} == {(3, 16, 16, 3)}


def test_names_and_cards(tmp_path):
    from mmctsvg.evaluation.cards import make_card, write_card

    assert find_source("a=b/c.csv").name == "a"
    assert find_source("b/c.csv").name == "c" and find_source("b=1/c").name == "b"
    assert find_source("/b=1/c").name == "c"
    write_card(make_card({"real": "r", "generated": "videos/x"}, []), tmp_path / "ours" / "test")
    found = find_source(str(tmp_path / "ours" / "test"))
    assert (found.name, str(found.place)) == ("ours", "videos/x")
    card = make_card({"checkpoint": "g.safetensors", "checkpoint_sha256": "0"}, [])
    write_card(card, tmp_path / "ours" / "test")
    with pytest.raises(UserError, match="its generator is not at .*g.safetensors"):
        find_source(str(tmp_path / "ours" / "test" / "card.json"))


def test_refuses_what_cannot_be_compared(folders, tmp_path, study):
    real, *methods = [Source(name=name, place=place) for name, place in folders.items()]
    out = tmp_path / "other"
    with pytest.raises(UserError, match="at least two methods, not 1"):
        make_study(real, methods[:1], out)
    with pytest.raises(UserError, match="different names"):
        make_study(real, [methods[0], methods[0]], out)
    with pytest.raises(UserError, match="has 4 videos, and every one of 5 sets"):
        make_study(real, methods, out, sets=5, frames=5)
    with FrameFolder(folders["poor"] / "2") as writer:
        writer.write(np.zeros((3, 16, 16, 3), np.uint8))
    with pytest.raises(UserError, match="has 3 frames .* must have 5; set frames=3"):
        make_study(real, methods, out, sets=4, frames=5)
    (study.folder / "answers.sqlite").touch()
    with pytest.raises(UserError, match="holds a study with answers"):
        make_study(real, methods, study.folder, sets=2, frames=3)
