import pytest

from mmctsvg.models.resolutions import check_channels, resolutions
from mmctsvg.utils.errors import UserError


def test_channels_of_json_and_of_python_are_the_same():
    wanted = {4: 8, 8: 6, 16: 4}
    assert check_channels(16, {"4": 8, "8": 6, "16": 4}) == wanted == check_channels(16, wanted)
    assert check_channels(8, wanted) == wanted  # more than needed
    assert resolutions(32) == [4, 8, 16, 32]


@pytest.mark.parametrize(
    ("size", "channels", "sentence"),
    [
        (15.5, {4: 1}, "size is 15.5: it must be a whole number from 8 to 4096"),
        (4, {4: 1}, "size is 4: "),
        (2**20, {4: 1}, "size is 1048576: "),
        (24, {4: 1}, "size=24: must be a power of two"),
        (8, {4: 1}, r"give the channels at \[8\] too"),
        (8, {4: 1, 8: 0}, r"channels\[8\] is 0: it must be a whole number from 1 to 8192"),
        (8, {4: 1, 8: 1.5}, r"channels\[8\] is 1.5: "),
        (8, {4: 1, 8: 10**6}, r"channels\[8\] is 1000000: "),
        (8, {4: 1, "wide": 1}, "must be pairs of a resolution and its channels"),
        (8, [1, 2], "must be pairs of a resolution and its channels"),
    ],
)
def test_others_are_refused(size, channels, sentence):
    with pytest.raises(UserError, match=sentence):
        check_channels(size, channels)
