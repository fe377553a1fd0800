import math

import pytest

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number


@pytest.mark.parametrize(
    ("value", "limits", "right"),
    [
        (-1, dict(least=0), "a number from 0 on"),
        (0.0, dict(above=0), "a number above 0"),
        (2, dict(least=0, most=1), "a number from 0 to 1"),
        (1001, dict(above=0, most=1000), "a number above 0 and up to 1000"),
        (0, dict(least=1, whole=True), "a whole number from 1 on"),
        (1.0, dict(least=1, whole=True), "a whole number from 1 on"),
        (3, dict(most=2), "a number up to 2"),
        *[(x, dict(), "a number") for x in (math.nan, math.inf, -math.inf, True, None, "3", [1])],
        (True, dict(whole=True), "a whole number"),
        (10**400, dict(least=0), "a number from 0 on"),
        (math.nan, dict(least=0, most=1), "a number from 0 to 1"),
    ],
)
def test_numbers_out_of_range_are_named(value, limits, right):
    with pytest.raises(UserError) as error:
        check_number("x", value, **limits)
    assert str(error.value) == f"x is {value!r}: it must be {right}"


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        (0, dict(least=0)),
        (1e-9, dict(above=0)),
        (1, dict(least=0, most=1)),
        (10**400, dict(whole=True)),
        (-2.5, dict()),
        (3, dict(least=3, most=3, whole=True)),
    ],
)
def test_numbers_in_range_pass(value, limits):
    check_number("x", value, **limits)
