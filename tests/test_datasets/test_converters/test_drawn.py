import zipfile

import numpy as np
import pytest

from mmctsvg.datasets import SynthActorsDataset, TripletVideoDataset, synth
from mmctsvg.datasets.converters import drawn
from mmctsvg.datasets.converters.drawn import DrawnClip, write_drawn
from mmctsvg.utils.errors import UserError

CLIPS = [
    DrawnClip(person.name, action, 3, is_train=(number + place) % 2 == 0)
    for number, person in enumerate(synth.PEOPLE)
    for place, action in enumerate(synth.ACTIONS)
]


def write(out, about="one", clips=CLIPS):
    write_drawn(out, clips, 16, 4, {"about": about})


def test_clips_are_read_as_they_are_drawn(tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    drawn_so_far = []

    def encode(frame, format):
        drawn_so_far.append(frame)
        if len(drawn_so_far) == 30:
            raise Stopped
        return drawn_encode(frame, format)

    drawn_encode = drawn.encode_picture
    monkeypatch.setattr(drawn, "encode_picture", encode)
    with pytest.raises(Stopped):
        write(tmp_path)
    assert not (tmp_path / "annotations.csv").exists()
    write(tmp_path)
    assert len(drawn_so_far) == 30 + 4 * (40 - 7)  # seven clips were done

    truth = SynthActorsDataset(size=16, num_takes=1)
    for split, kind in (("train", True), ("test", False)):
        dataset = TripletVideoDataset(
            annotations=tmp_path / "annotations.csv", size=16, split=split
        )
        assert dataset.metainfo["actors"] == [person.name for person in synth.PEOPLE]
        assert dataset.metainfo["actions"] == list(synth.ACTIONS)
        assert dataset.metainfo["fps"] == 15
        assert len(dataset.annotations) == sum(clip.is_train is kind for clip in CLIPS)
        for number, clip in enumerate(dataset.annotations):
            frames = dataset.read_frames(number, np.arange(4))
            assert (frames == truth.render(clip.actor, clip.action, 3, np.arange(4))).all()
    with zipfile.ZipFile(tmp_path / "clips.zip") as pack:
        assert pack.testzip() is None and "Mia/nod/take3/000000.png" in pack.namelist()


def test_a_folder_of_other_clips_is_refused(tmp_path):
    write(tmp_path, clips=CLIPS[:1])
    with pytest.raises(UserError, match="about 'one', not 'two'"):
        write(tmp_path, about="two")
