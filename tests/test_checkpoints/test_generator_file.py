import json
import os
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from mmctsvg.checkpoints import load_generator, save_generator
from mmctsvg.checkpoints.generator_file import CARD_KEY, make_card, read_checkpoint
from mmctsvg.utils.errors import UserError


@pytest.fixture
def weights(tmp_path, make_generator, make_meta):
    path = tmp_path / "generator.safetensors"
    save_generator(path, make_generator(), make_meta(provenance={"iterations": 7}))
    return path


def rewrite_card(path, **changes):
    """Writes the file again with other values in its card."""
    from safetensors import safe_open

    with safe_open(str(path), "pt") as file:
        card = json.loads(file.metadata()[CARD_KEY])
    card.update(changes)
    save_file(load_file(path), path, {CARD_KEY: json.dumps(card)})


@pytest.mark.parametrize(("num_actors", "num_actions"), [(2, 3), (2, 0), (0, 3), (0, 0)])
def test_round_trip(tmp_path, make_generator, make_meta, num_actors, num_actions):
    generator = make_generator(num_actors, num_actions, content="official", frequency_std=0.25)
    meta = make_meta(num_actors, num_actions, provenance={"seed": 3})
    path = tmp_path / "new" / "g.safetensors"
    save_generator(path, generator, meta)
    loaded, card = load_generator(path)
    assert loaded.config == generator.config
    for name, value in generator.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    assert card["actors"] == meta["actors"] and card["actions"] == meta["actions"]
    assert (card["fps"], card["size"], card["ramp"]) == (20.0, 16, 0.5)
    assert card["provenance"] == {"seed": 3}
    assert [p.name for p in path.parent.iterdir()] == ["g.safetensors"]


def test_the_card_says_the_trajectory(tmp_path, make_generator, make_meta):
    generator, path = make_generator(trajectory="low_rank", rank=3), tmp_path / "g.safetensors"
    save_generator(path, generator, make_meta())
    loaded, _ = load_generator(path)
    m, t, labels = torch.randn(1, 12), torch.tensor([[0.0, 7.5]]), torch.tensor([[0], [1]])
    assert torch.equal(loaded.render(m, t, *labels), generator.render(m, t, *labels))
    rewrite_card(path, generator={**generator.config, "type": type(generator).__name__, "rank": 2})
    with pytest.raises(UserError, match=r"g\.safetensors: "):
        load_generator(path)


def test_headers_of_every_length(tmp_path, make_generator, make_meta):
    """One of 32 begins with the byte that begins a pickle; safetensors pads them by 8 bytes."""
    generator, path, first = make_generator(), tmp_path / "generator.safetensors", set()
    for length in range(0, 256, 8):
        save_generator(path, generator, make_meta(provenance={"note": "x" * length}))
        first.add(path.read_bytes()[0])
        load_generator(path)
    assert 0x80 in first


def test_checkpoint_gives_its_average(tmp_path, make_generator, make_meta):
    generator = make_generator()
    state = {f"generator_ema.{k}": v for k, v in generator.state_dict().items()}
    state |= {f"generator.{k}": v + 1 for k, v in generator.state_dict().items()}
    card = json.loads(json.dumps(make_card(generator, make_meta())))
    path = tmp_path / "iter_1.pth"
    for old_format in (False, True):
        torch.save(
            {"state_dict": state, CARD_KEY: json.dumps(card)},
            path,
            _use_new_zipfile_serialization=not old_format,
        )
        loaded, read = load_generator(path)
        assert read == card
        for name, value in generator.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], value), name


class Evil:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("kind", ["zip", "old", "pickle"])
def test_a_pickle_of_somebody_else_is_never_executed(tmp_path, kind):
    marker, path = tmp_path / "marker", tmp_path / "iter_1.pth"
    payload = {"state_dict": {}, "x": Evil(marker)}
    if kind == "pickle":
        path.write_bytes(pickle.dumps(payload))
    else:
        torch.save(payload, path, _use_new_zipfile_serialization=kind == "zip")
    for read in (load_generator, read_checkpoint):
        with pytest.raises(UserError, match="iter_1.pth"):
            read(path)
    assert not marker.exists()
    torch.load(path, weights_only=False) if kind != "pickle" else pickle.loads(path.read_bytes())
    assert marker.exists(), "the file of this test would not have done anything"


def test_a_card_does_not_choose_what_runs(weights):
    rewrite_card(weights, generator={"type": "os.system", "command": "true"})
    with pytest.raises(UserError, match="generator 'os.system' is unknown"):
        load_generator(weights)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format is 2"),
        ({"generator": {"type": "ConditionalStyleVideoGenerator", "depth": 3}}, "'depth'"),
        ({"generator": None}, "'generator': None"),
        ({"actors": 3}, "'actors': 3"),
        ({"fps": "fast"}, "'fps': 'fast'"),
        ({"actions": ["nod"]}, "another number of actors or actions"),
    ],
)
def test_a_wrong_card(weights, changes, message):
    rewrite_card(weights, **changes)
    with pytest.raises(UserError, match=f"generator.safetensors.*{message}"):
        load_generator(weights)


def test_weights_that_do_not_fit(weights, make_generator):
    rewrite_card(
        weights,
        generator=make_card(make_generator(motion_dim=10), {"actors": "ab", "actions": "cde"})[
            "generator"
        ],
    )
    with pytest.raises(UserError, match="do not fit"):
        load_generator(weights)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("motion_dim", 10**6),
        ("motion_dim", 60_000),  # 58 GB
        ("content_dim", 60_000),
        ("content_layers", 10**9),
        ("num_actors", 10**12),
        ("size", 2**40),
        ("channels", {"4": 60_000, "8": 60_000, "16": 60_000}),
    ],
)
def test_a_card_that_asks_for_a_giant_costs_nothing(weights, name, value):
    """The limit comes before the allocation: the test's process would be killed."""
    config = load_generator(weights)[1]["generator"]
    rewrite_card(weights, generator=config | {name: value})
    with pytest.raises(UserError, match=f"^{weights}: .*({name}.* is |do not fit|another)"):
        load_generator(weights)


def test_diverged_weights(tmp_path, make_generator, make_meta):
    """They would give black videos without a word."""
    generator = make_generator()
    torch.nn.init.constant_(generator.synthesis.to_rgbs[0].bias, torch.nan)
    save_generator(tmp_path / "nan.safetensors", generator, make_meta())
    with pytest.raises(UserError, match=r"nan.safetensors: .*to_rgbs.*bias holds .* earlier"):
        load_generator(tmp_path / "nan.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 100, 0.3, 0.99])
@pytest.mark.parametrize("kind", ["safetensors", "pth"])
def test_truncated_files(tmp_path, weights, kind, keep):
    path = weights
    if kind == "pth":
        path = tmp_path / "iter_1.pth"
        torch.save({"state_dict": {"a": torch.zeros(100)}}, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with pytest.raises(UserError, match=path.name):
        load_generator(path)


def test_other_files(tmp_path, weights):
    text, folder, plain = tmp_path / "notes.txt", tmp_path / "dir", tmp_path / "other.safetensors"
    text.write_text("these are no weights")
    folder.mkdir()
    save_file({"a": torch.zeros(1)}, plain)
    tensors = tmp_path / "tensors.pth"
    torch.save([torch.zeros(1)], tensors)
    bare = tmp_path / "bare.pth"
    torch.save({"state_dict": {}}, bare)
    for path, message in (
        (text, "neither"),
        (folder, "is a folder"),
        (plain, "holds no generator"),
        (tensors, "no checkpoint"),
        (bare, "holds no generator"),
        (tmp_path / "missing.pth", "no such file"),
    ):
        with pytest.raises(UserError, match=f"{path.name}.*{message}"):
            load_generator(path)
    with pytest.raises(UserError, match="holds a generator only"):
        read_checkpoint(weights)


def test_saving_refuses_other_endings_and_other_labels(tmp_path, make_generator, make_meta):
    with pytest.raises(UserError, match="g.pt"):
        save_generator(tmp_path / "g.pt", make_generator(), make_meta())
    with pytest.raises(ValueError, match="2 actors, but 1"):
        save_generator(tmp_path / "g.safetensors", make_generator(), make_meta(actors=["ann"]))
    assert not list(tmp_path.iterdir())
