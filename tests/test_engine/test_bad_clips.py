from types import SimpleNamespace

import pytest

from mmctsvg.datasets import Clip
from mmctsvg.datasets.triplet_dataset import BAD_CLIPS
from mmctsvg.engine.bad_clips import BadClips
from mmctsvg.utils.errors import UserError, UserNote


def make(clips):
    annotations = [Clip(path=f"c{i}.mp4", length=9, actor=0, action=0) for i in range(clips)]
    return BadClips(SimpleNamespace(annotations=annotations))


def batch(*numbers):
    """A batch of three items, whose second had to be drawn again for each of these clips."""
    lines = "\n".join(f"{number} c{number}.mp4 frame 7 is broken" for number in numbers)
    return {"index": [0, 1, 2], BAD_CLIPS: ["", lines, ""]}


def test_every_clip_is_noted_once_and_named_at_the_end(recwarn):
    bad, data = make(60), batch(7, 11)
    bad.count(data)
    assert data == {"index": [0, 1, 2]}
    bad.count(batch(11))
    bad.count({"index": [3]})  # of a data set that skips nothing
    notes = [str(note.message) for note in recwarn if note.category is UserNote]
    assert notes == [f"c{n}.mp4 frame 7 is broken; others take its place" for n in (7, 11)]
    assert bad.summary() == "2 of 60 clips could not be read (c7.mp4, c11.mp4)"
    assert make(60).summary() is None


@pytest.mark.filterwarnings("ignore::mmctsvg.utils.errors.UserNote")
@pytest.mark.parametrize(("clips", "most"), [(3, 1), (59, 2), (60, 3), (1000, 50)])
def test_too_many_end_the_training(clips, most):
    bad = make(clips)
    for number in range(most):
        bad.count(batch(number))
    with pytest.raises(UserError, match=f"^{most + 1} of {clips} clips.* more than 5% of them:"):
        bad.count(batch(most))
