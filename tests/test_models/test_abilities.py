import pytest

from mmctsvg.models.abilities import Abilities


@pytest.mark.parametrize(
    ("abilities", "times", "problem"),
    [
        (dict(), [-3.5, 0, 1e9], None),
        (dict(longest=32), range(32), None),
        (dict(longest=32), range(33), "at most 32 frames"),
        (dict(longest=32), [-1], "at most 32 frames"),
        (dict(times="whole"), [0, 5, 900], None),
        (dict(times="whole"), [0, 0.5], "renders whole frames"),
        (dict(times="halves"), [0, 0.5, 7], None),
        (dict(times="halves"), [0.25], "renders whole and half frames"),
        (dict(times="whole"), [-1], "from time 0 on"),
    ],
)
def test_times_that_cannot_be_rendered(abilities, times, problem):
    found = Abilities(**abilities).problem(times)
    assert found is None if problem is None else problem in found


def test_abilities_of_ctsvg(make_generator):
    labelled, free = make_generator(2, 3).abilities, make_generator(0, 0).abilities
    assert labelled.needs == ("actor", "action") and free.needs == ()
    assert make_generator(0, 3).abilities.needs == ("action",)
    assert labelled.inverts and labelled.shares_motion and labelled.longest is None
