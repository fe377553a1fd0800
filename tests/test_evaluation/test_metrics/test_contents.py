from mmctsvg.evaluation.metrics.contents import draw_contents

CELLS = [("a", "e", True), ("b", "e", False), ("a", "f", True), ("b", "f", True)]


def labels(contents):
    return [(c["actor"], c["action"], c["seen"]) for c in contents]


def test_every_cell_once():
    found = draw_contents(CELLS, 100, 0, repeat=False)
    assert sorted(labels(found)) == sorted(CELLS)
    assert len(draw_contents(CELLS, 3, 0, repeat=False)) == 3
    assert draw_contents(CELLS, 3, 0, repeat=False) == found[:3]
    orders = {tuple(labels(draw_contents(CELLS, 4, seed, repeat=False))) for seed in range(9)}
    assert len(orders) > 1


def test_again_and_again():
    found = labels(draw_contents(CELLS, 10, 0, repeat=True))
    assert sorted(found[:4]) == sorted(found[4:8]) == sorted(CELLS) and found[8:] == found[:2]


def test_labels_that_the_generator_does_not_know():
    # One video of each actor, although there were cells of two actions: they would be the same.
    cells = [("a", None, False), ("a", None, True), ("b", None, False)]
    assert sorted(labels(draw_contents(cells, 9, 0, repeat=False))) == [
        ("a", None, True),
        ("b", None, False),
    ]
    found = draw_contents(
        [(None, "e", True), (None, "e", False), (None, "f", True)], 6, 0, repeat=False
    )
    assert sorted(c["action"] for c in found) == ["e"] * 3 + ["f"] * 3
    assert [c["content"] for c in found] == list(range(6))
    assert len(draw_contents([(None, None, True)], 7, 0, repeat=False)) == 7
