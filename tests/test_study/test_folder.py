import json

import pytest

from mmctsvg.study.folder import read_key, read_study
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json


def test_reads_what_was_made(study):
    assert read_study(study.folder) == study
    assert set(read_key(study).values()) == {"real", "good", "fair", "poor"}


def test_damaged_files_of_a_study(study):
    path = study.folder / "study.json"
    whole, key = path.read_text(), json.loads((study.folder / "key.json").read_text())
    for text in ("{", "[]", "{}", whole.replace('"frames": 5', '"frames": "x"')):
        path.write_text(text)
        with pytest.raises(UserError, match="study.json: is damaged"):
            read_study(study.folder)
    path.write_text(whole)
    for wrong in ([], {**key, "study": "x"}, {**key, "videos": {}}):
        write_json(study.folder / "key.json", wrong)
        with pytest.raises(UserError, match="key.json: is damaged, or the key of another"):
            read_key(study)
    (study.folder / "videos" / f"{study.sets[0][0]}.png").unlink()
    with pytest.raises(UserError, match="png is missing"):
        read_study(study.folder)
    with pytest.raises(UserError, match="give the folder of a study"):
        read_study(study.folder / "videos")
