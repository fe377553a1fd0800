"""mmctsvg.evaluation.backbones.recognizer: files that are refused; see test_train_recognizer."""

import os

import pytest
import torch

from mmctsvg.evaluation.backbones.recognizer import Recognizer, save_recognizer
from mmctsvg.utils.errors import UserError

CARD = dict(
    model=dict(type="Recognizer3D", backbone=dict(type="ResNet3dSlowOnly")),
    test_pipeline=[dict(type="PoseDecode")],
    actions=["x", "y"],
    window=8,
    train_clips=["a/1"],
    held_out={},
    skeletons={},
)


class Malicious:
    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_files_of_other_kinds_are_refused(tmp_path):
    path, trap = tmp_path / "r.pth", tmp_path / "ran"
    with pytest.raises(UserError, match="no such recogniser"):
        Recognizer(path)
    save_recognizer(path, CARD, {"a": torch.zeros(9)})
    half = path.read_bytes()[: path.stat().st_size // 2]
    for content in (b"", b"text", half):
        path.write_bytes(content)
        with pytest.raises(UserError, match="r.pth: is damaged"):
            Recognizer(path)
    torch.save({"recognizer": {"format": 1, "model": Malicious(trap)}}, path)
    with pytest.raises(UserError, match="holds objects besides weights"):
        Recognizer(path)
    assert not trap.exists()
    for content in ({"state_dict": {}}, [1], {"recognizer": {"format": 0}, "state_dict": {}}):
        torch.save(content, path)
        with pytest.raises(UserError, match="no recogniser of this version"):
            Recognizer(path)


@pytest.mark.parametrize(
    "name, value", [("window", None), ("actions", "xy"), ("held_out", None), ("model", [])]
)
def test_a_description_with_a_hole_is_refused(tmp_path, name, value):
    save_recognizer(tmp_path / "r.pth", {**CARD, name: value}, {})
    with pytest.raises(UserError, match=f"no usable '{name}'"):
        Recognizer(tmp_path / "r.pth")


def test_a_file_without_weights_is_refused(tmp_path):
    torch.save({"recognizer": {"format": 1, **CARD}}, tmp_path / "r.pth")
    with pytest.raises(UserError, match="r.pth: has no weights 'state_dict'"):
        Recognizer(tmp_path / "r.pth")


@pytest.mark.parametrize("entry", ["model", "test_pipeline"])
def test_a_description_cannot_call_python(tmp_path, entry):
    """MMEngine would import and call what a type with dots names."""
    trap = tmp_path / "ran"
    call = dict(type="os.mkdir", path=str(trap))
    card = {**CARD, "model": {**CARD["model"], "neck": (call,)}}
    if entry == "test_pipeline":
        card = {**CARD, "test_pipeline": [dict(type="PoseDecode"), call]}
    save_recognizer(tmp_path / "r.pth", card, {})
    with pytest.raises(UserError, match="names Python functions"):
        Recognizer(tmp_path / "r.pth")
    assert not trap.exists()
