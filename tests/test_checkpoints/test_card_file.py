import json
import random

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mmctsvg.checkpoints.card_file import CHECKSUM, CardFile, check_finite
from mmctsvg.utils.errors import UserError

KIND = CardFile(key="mmctsvg_test", what="thing", mend="make it again")
CARD = {"name": "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "fps": 12.5}
TENSORS = {
    "a": torch.arange(6.0).reshape(2, 3).T,  # not contiguous
    "b.half": torch.ones(3, dtype=torch.bfloat16),
    "scalar": torch.tensor(7),
    "empty": torch.zeros(0, 3),
}


@pytest.fixture
def path(tmp_path):
    KIND.write(tmp_path / "thing.safetensors", CARD, TENSORS)
    return tmp_path / "thing.safetensors"


def test_round_trip(path):
    card, tensors = KIND.read(path)
    assert card == {"format": 1, **CARD}
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)


def test_every_flipped_byte_is_noticed_or_harmless(path):
    good, draw = path.read_bytes(), random.Random(0)
    noticed = 0
    for place in range(len(good)):
        flipped = bytes([good[place] ^ 1 << draw.randrange(8)])
        path.write_bytes(good[:place] + flipped + good[place + 1 :])
        try:
            card, tensors = KIND.read(path)
        except UserError as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
            noticed += 1
            continue
        assert card == {"format": 1, **CARD}, place
        assert {n: (x.dtype, x.tolist()) for n, x in tensors.items()} == {
            n: (x.dtype, x.tolist()) for n, x in TENSORS.items()
        }, place
    # What may flip: the word sha256, and spaces that pad the header.
    assert noticed > 0.95 * len(good)


def test_the_checksum_is_over_card_and_tensors(path):
    with safe_open(str(path), "pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    for other, changes in (
        (tensors | {"a": tensors["a"] + 1e-6}, {}),
        (tensors | {"c": torch.zeros(0)}, {}),
        (tensors, {KIND.key: metadata[KIND.key].replace("12.5", "12.6")}),
        (tensors, {CHECKSUM: "0" * 64}),
    ):
        save_file(other, path, metadata | changes)
        with pytest.raises(UserError, match=r"is damaged, .* checksum .*; make it again"):
            KIND.read(path)
    save_file(tensors, path, {KIND.key: metadata[KIND.key]})
    assert KIND.read(path)[0]["fps"] == 12.5, "files of older versions have none"


def test_cards_that_json_cannot_read(path):
    deep = json.dumps({"format": 1})[:-1] + ', "a": ' + "[" * 100_000
    for text in (deep, "{", '{"format": ' + "1" * 5000 + "}"):
        save_file({}, path, {KIND.key: text})
        with pytest.raises(UserError, match="its card is damaged"):
            KIND.read(path)


def test_values_that_are_not_finite_are_named():
    with pytest.raises(UserError, match="^x: b holds values .*; mend\\.$"):
        check_finite("x", {"a": torch.zeros(2), "b": torch.tensor([0.0, torch.inf])}, "mend")
