from itertools import product

from mmctsvg.evaluation.metrics.contents import draw_contents, make_shots

CELLS = [("a", "e", True), ("b", "e", False), ("a", "f", True), ("b", "f", True)]


def test_every_cell_once():
    found = draw_contents(CELLS, 100, 0, repeat=False)
    assert sorted(found) == sorted(CELLS)
    assert len(draw_contents(CELLS, 3, 0, repeat=False)) == 3
    assert draw_contents(CELLS, 3, 0, repeat=False) == found[:3]
    orders = {tuple(draw_contents(CELLS, 4, seed, repeat=False)) for seed in range(9)}
    assert len(orders) > 1


def test_again_and_again():
    found = draw_contents(CELLS, 10, 0, repeat=True)
    assert sorted(found[:4]) == sorted(found[4:8]) == sorted(CELLS) and found[8:] == found[:2]


def test_labels_that_the_generator_does_not_know():
    # One video of each actor, although there were cells of two actions: they would be the same.
    cells = [("a", None, True), ("b", None, False)]
    assert sorted(draw_contents(cells, 9, 0, repeat=False)) == cells
    found = draw_contents([(None, "e", True), (None, "f", True)], 6, 0, repeat=False)
    assert sorted(action for _, action, _ in found) == ["e"] * 3 + ["f"] * 3
    assert len(draw_contents([(None, None, True)], 7, 0, repeat=False)) == 7


def test_every_content_with_every_motion():
    shots = make_shots(product((5, 6), enumerate(CELLS)), 3)
    assert [(s.motion, s.content, s.actor, s.action, s.seen) for s in shots] == [
        (motion, number, *CELLS[number]) for motion in (5, 6) for number in range(4)
    ]
    assert all(shot.times == (0, 1, 2) for shot in shots)
