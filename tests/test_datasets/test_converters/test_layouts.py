"""The layouts and splits of the data sets, on complete lists of names."""

import zipfile
from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from mmctsvg.datasets.converters import RawFile, folder, mead, ravdess, utd_mhad
from mmctsvg.utils.errors import UserError

ROOT = Path("raw")
PERSONS = [f"M{n:03d}" for n in range(15)] + [f"W{n:03d}" for n in range(15)]


def files(names):
    return [RawFile(name=name, path=ROOT / name) for name in names]


def mead_names(persons=PERSONS, views=("front", "left_60")):
    """30 sentences at every level, 40 for neutral, which has one level."""
    for person, view, emotion in product(persons, views, mead.EMOTIONS):
        neutral = emotion == "neutral"
        for level in (1,) if neutral else (1, 2, 3):
            for sentence in range(1, 41 if neutral else 31):
                yield f"raw/{person}/video/{view}/{emotion}/level_{level}/{sentence:03d}.mp4"


def test_mead_paper():
    found = mead.find_clips(ROOT, files(mead_names()))
    assert len(found.clips) == 30 * (7 * 3 * 30 + 40)
    held_out = [clip for clip in found.clips if not clip.is_train]
    assert {clip.name[-3:] for clip in held_out} == {f"{n:03d}" for n in range(6, 12)}
    assert len(held_out) == 30 * 22 * 6  # 22 pairs of emotion and level
    assert {clip.name[-3:] for clip in found.clips if clip.is_train}.isdisjoint(
        {clip.name[-3:] for clip in held_out}
    )
    # As the authors' list numbers and names them.
    assert found.actors == sorted(PERSONS) and found.actions[0] == "angry"
    assert found.actions[7] == "surprised"
    first = found.clips[0]
    assert (first.name, first.actor, first.action) == (
        "M000_front/angry/level_1/001",
        "M000",
        "angry",
    )


def test_mead_unseen_cells():
    found = mead.find_clips(ROOT, files(mead_names()), split="unseen-cells")
    held_out = {(c.actor, c.action) for c in found.clips if not c.is_train}
    seen = {(c.actor, c.action) for c in found.clips if c.is_train}
    assert len(held_out) == 30 and held_out.isdisjoint(seen)
    assert set(Counter(actor for actor, _ in held_out).values()) == {1}
    emotions = Counter(emotion for _, emotion in held_out)
    assert set(emotions) == set(mead.EMOTIONS) and max(emotions.values()) == 4


def test_mead_options():
    names = list(mead_names())
    found = mead.find_clips(
        ROOT, files(names), views=["left_60"], levels=[2], persons=["W003", "M001"], split="none"
    )
    assert len(found.clips) == 2 * 7 * 30 and all(clip.is_train for clip in found.clips)
    assert found.actors == ["M001", "W003"]
    assert found.clips[0].name == "M001_left_60/angry/level_2/001"
    with pytest.raises(UserError, match=r"raw holds \d+ clips .* such as raw/M000/video/front"):
        mead.find_clips(ROOT, files(names), views=["top"])
    with pytest.raises(UserError, match=r"^views=\['top'\]: .* it has front, left_60$"):
        mead.find_clips(ROOT, files(names), views=["front", "top"])
    with pytest.raises(UserError, match=r"^persons=\['W015'\]: .* it has M000, M001, .*, W014$"):
        mead.find_clips(ROOT, files(names), persons=["W014", "W015"])


def test_mead_says_of_every_video_why_it_is_left_out():
    names = list(mead_names(("M003", "W009")))
    names += ["raw/M003/video/front/bored/level_1/001.mp4", "raw/M003/video/back/sad/level_1/1.mp4"]
    found = mead.find_clips(ROOT, files(names), persons=["M003"], levels=[1, 2])
    assert len(found.clips) + len(found.skipped) == len(names)
    assert Counter(found.skipped.values()) == {
        "is of W009, not among persons": 2 * (7 * 3 * 30 + 40),
        "shows the view left_60, not among views": 7 * 3 * 30 + 40,
        "has level 3, not among levels": 7 * 30,
        f"does not fit the layout {mead.SHAPE}": 2,
    }
    assert found.skipped["raw/M003/video/left_60/sad/level_3/001.mp4"].startswith("shows the view")


@pytest.mark.parametrize("ending", ["mp4", "MP4", "wmv", "ts"])
def test_endings(ending):
    for data_set, name, clip in (
        (mead, "M003/video/front/sad/level_3/040", "M003_front/sad/level_3/040"),
        (ravdess, "Actor_01/02-01-06-01-02-01-01", "Actor_01/02-01-06-01-02-01-01"),
        (utd_mhad, "RGB/a1_s2_t3_color", "a1_s2_t3"),
    ):
        found = data_set.find_clips(ROOT, files([f"{name}.{ending}"]))
        assert [clip.name for clip in found.clips] == [clip]


@pytest.mark.parametrize(
    "name",
    [
        "M003/video/front/sad/level_3/040.mp4",  # RAW is the person's folder, or the tar in it
        "MEAD/M003/video/front/sad/level_3/040.mp4",
        "MEAD/part0/M003/video/video/front/sad/level_3/040.mp4",
        "MEAD/M003/front/sad/level_3/040.mp4",
    ],
)
def test_mead_places(name):
    (clip,) = mead.find_clips(ROOT, files([name, "MEAD/M003/audio/sad/level_3/040.m4a"])).clips
    assert clip.name == "M003_front/sad/level_3/040"


def ravdess_names():
    """What the owners say: 60 speech trials of every actor, 44 song trials of all but number 18."""
    for actor, modality in product(range(1, 25), ("01", "02")):
        for channel, emotions in (("01", range(1, 9)), ("02", range(1, 7))):
            if channel == "02" and actor == 18:
                continue
            for emotion, intensity, statement, repetition in product(
                emotions, (1, 2), (1, 2), (1, 2)
            ):
                if (emotion, intensity) != (1, 2):
                    yield (
                        f"raw/Actor_{actor:02d}/{modality}-{channel}-{emotion:02d}-{intensity:02d}-"
                        f"{statement:02d}-{repetition:02d}-{actor:02d}.mp4"
                    )


def test_ravdess():
    found = ravdess.find_clips(ROOT, files(ravdess_names()))
    assert len(found.clips) == 1440 and len(found.actors) == 24
    held_out = [clip for clip in found.clips if not clip.is_train]
    # Seven emotions of four persons, eight clips each.
    assert len(held_out) == 4 * 7 * 8
    assert {clip.actor for clip in held_out} == {f"Actor_{n}" for n in (21, 22, 23, 24)}
    assert {clip.action for clip in held_out} == set(ravdess.EMOTIONS) - {"neutral"}
    assert all(clip.name.startswith(f"{clip.actor}/02-01-") for clip in found.clips)
    # The emotion is the third number.
    angry = {clip.name.split("-")[2] for clip in found.clips if clip.action == "angry"}
    assert angry == {"05"} and found.actions[4] == "angry"


def test_ravdess_options():
    found = ravdess.find_clips(
        ROOT,
        files(ravdess_names()),
        channels=["speech", "song"],
        with_sound=True,
        held_out_actors=[18],
        held_out_emotions=["sad"],
    )
    assert len(found.clips) == 1440 + 1012
    assert all("/01-" in clip.name for clip in found.clips)
    assert sum(not clip.is_train for clip in found.clips) == 8


def test_a_zip_of_speech_and_sound_gives_every_clip_once():
    """Video_Speech_Actor_01.zip holds both modalities; a second copy changes nothing."""
    names = list(ravdess_names())
    twice = names + [name.replace("raw/", "raw/copy/") for name in names]
    found = ravdess.find_clips(ROOT, files(twice))
    assert len(found.clips) == 1440 and found.clips[0].file.name.startswith("raw/Actor_01")
    # Speech and song of both modalities, twice: all are found.
    assert Counter(found.skipped.values()) == {
        "has sound (01-...)": 2 * (1440 + 1012),
        "is song, not among channels": 2 * 1012,
        "is a second copy": 1440,
    }


def utd_names():
    missing = {"a8_s1_t4", "a23_s6_t4", "a27_s8_t4"}
    for action, subject, trial in product(range(1, 28), range(1, 9), range(1, 5)):
        name = f"a{action}_s{subject}_t{trial}"
        if name not in missing:
            yield f"raw/RGB/{name}_color.avi"


def test_utd_mhad_has_the_counts_of_the_paper():
    found = utd_mhad.find_clips(ROOT, files(utd_names()))
    assert len(found.clips) == 861
    assert sum(clip.is_train for clip in found.clips) == 754
    held_out = {(c.actor, c.action) for c in found.clips if not c.is_train}
    seen = {(c.actor, c.action) for c in found.clips if c.is_train}
    assert held_out.isdisjoint(seen)  # all clips of a cell, or none
    assert Counter(action for _, action in held_out) == Counter(found.actions)
    assert set(Counter(actor for actor, _ in held_out).values()) == {3, 4}
    assert {actor for actor, _ in seen} == set(found.actors) == {f"s{n}" for n in range(1, 9)}
    by_name = {clip.name: clip for clip in found.clips}
    assert by_name["a27_s1_t1"].action == "squat" and by_name["a1_s2_t3"].actor == "s2"
    everything = utd_mhad.find_clips(ROOT, files(utd_names()), split="none")
    assert all(clip.is_train for clip in everything.clips)


def test_folder_tree(tmp_path):
    for name in ("zoe/wave/b.mp4", "al/wave/a.mp4", "al/nod/c.avi", "al/wave/deep/x.mp4", "t.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = folder.find_clips(tmp_path)
    assert [clip.name for clip in found.clips] == ["al/nod/c", "al/wave/a", "zoe/wave/b"]
    assert (found.actors, found.actions) == (["al", "zoe"], ["nod", "wave"])
    assert found.skipped == {
        f"{tmp_path.name}/al/wave/deep/x.mp4": "lies 1 folder too deep for ACTOR/ACTION/CLIP.mp4",
        f"{tmp_path.name}/t.mp4": "lies 2 folders too shallow for ACTOR/ACTION/CLIP.mp4",
    }
    (tmp_path / "al/nod/c.mp4").touch()
    with pytest.raises(UserError, match="would both become al/nod/c: rename one"):
        folder.find_clips(tmp_path)


@pytest.mark.parametrize(
    ("names", "mend"),
    [
        (["a.mp4", "b.mp4"], "raw/a.mp4 lies 2 folders too shallow: sort the clips into such"),
        (
            ["x/a.mp4", "y/b.mp4"],
            "raw/x/a.mp4 lies 1 folder too shallow: give the folder above, or",
        ),
        (["all/al/nod/a.mp4", "all/zoe/wave/b.mp4"], "1 folder too deep: give {root}/all, or sort"),
        (["1/2/al/nod/a.mp4", "1/2/al/nod/b.mp4"], "2 folders too deep: give {root}/1/2, or sort"),
        (["x/al/nod/a.mp4", "y/al/nod/b.mp4"], "raw/x/al/nod/a.mp4 lies 1 folder too deep: sort"),
    ],
)
def test_a_folder_of_another_depth(tmp_path, names, mend):
    root = tmp_path / "raw"
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    with pytest.raises(UserError) as error:
        folder.find_clips(root)
    text = str(error.value)
    assert text.startswith(f"{root}: of 2 videos none lies as ACTOR/ACTION/CLIP.mp4; raw/")
    assert mend.format(root=root) in text
    assert text.endswith("give a CSV with the columns path,label,is_train,person")


def test_a_zip_of_clips(tmp_path):
    """It counts as unpacked; one whose clips lie in a folder of their own has to be unpacked."""
    for name, prefix in (("flat.zip", ""), ("deep.zip", "clips/")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(f"{prefix}al/nod/a.mp4", b"x")
    assert [clip.name for clip in folder.find_clips(tmp_path / "flat.zip").clips] == ["al/nod/a"]
    with pytest.raises(
        UserError, match="1 folder too deep: unpack it and give clips in it, or sort"
    ):
        folder.find_clips(tmp_path / "deep.zip")


def test_folders_of_pictures_are_named(tmp_path):
    """Training takes them as they are; pictures elsewhere are no clips."""
    for name in ("al/nod/1.mp4", "al/nod/2/0.png", "al/nod/cover.jpg", "al/nod/3/deep/0.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    reason = "is a folder of pictures, no video"
    assert folder.find_clips(tmp_path).skipped == {f"{tmp_path.name}/al/nod/2": reason}


def test_a_video_without_an_ending(tmp_path):
    (tmp_path / "al/nod").mkdir(parents=True)
    (tmp_path / "al/nod/clip").write_bytes(b"\0\0\0\x18ftypmp42")
    assert [clip.name for clip in folder.find_clips(tmp_path).clips] == ["al/nod/clip"]


def test_names_that_a_list_cannot_hold(tmp_path):
    """Blanks at the end would be stripped when the list is read; other bytes are no text."""
    (tmp_path / "al/nod").mkdir(parents=True)
    (tmp_path / "al/nod/c .mp4").touch()
    assert [clip.name for clip in folder.find_clips(tmp_path).clips] == ["al/nod/c"]
    open(bytes(tmp_path) + b"/al/nod/\xff.mp4", "w").close()
    with pytest.raises(UserError, match=r"the name of '.*udcff\.mp4' is not UTF-8: rename it"):
        folder.find_clips(tmp_path)


def test_folder_csv(tmp_path):
    (tmp_path / "list.csv").write_text("path,label,is_train\n../x/a.mp4,1,1\nb.avi,0,0\n")
    found = folder.find_clips(tmp_path / "list.csv")
    assert [clip.name for clip in found.clips] == ["x/a", "b"]
    assert [clip.action for clip in found.clips] == ["action1", "action0"]
    assert [clip.is_train for clip in found.clips] == [True, False]
    assert found.actors == [] and found.clips[0].actor is None
    assert found.clips[0].file.path == tmp_path / "../x/a.mp4"
    (tmp_path / "list.csv").write_text("path,label\nframes,1\n")
    with pytest.raises(UserError, match="has holes"):
        folder.find_clips(tmp_path / "list.csv")
    (tmp_path / "list.csv").write_text("path,label\nframes,0\n")
    with pytest.raises(UserError, match="line 2: frames is no video"):
        folder.find_clips(tmp_path / "list.csv")


@pytest.mark.parametrize("data_set", [mead, ravdess, utd_mhad])
def test_another_layout_is_named(data_set):
    with pytest.raises(UserError, match=r"found the video raw/x/holiday.mp4; expected"):
        data_set.find_clips(ROOT, files(["raw/x/holiday.mp4"]))
