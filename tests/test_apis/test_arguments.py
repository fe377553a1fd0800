import warnings

import pytest

from mmctsvg.apis.arguments import find_label
from mmctsvg.utils.errors import UserError, UserNote


@pytest.mark.parametrize("known", ["Jos\u00e9", "Jose\u0301"])
@pytest.mark.parametrize("typed", ["Jos\u00e9", "Jose\u0301"])
def test_names_match_in_any_normal_form(known, typed):
    assert find_label(typed, ["Ann", known], "actor") == 1
    with pytest.raises(UserError, match="no actor 'Jose'"):
        find_label("Jose", ["Ann", known], "actor")


def test_a_name_wins_over_a_number_and_that_is_said():
    names = ["1", "0", "2"]
    with pytest.warns(
        UserNote, match=r"actor='0' is the actor named '0' \(number 1\), not .*0 \(1"
    ):
        assert find_label("0", names, "actor") == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is said where nothing else could be meant
        assert find_label("2", names, "actor") == 2
        assert find_label(0, names, "actor") == 0
        assert find_label("7", ["7", "x"], "actor") == 0
        assert find_label("1", ["7", "x"], "actor") == 1
