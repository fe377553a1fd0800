"""Reading the authors' files: safely, completely or not at all."""

import argparse
import json
import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from mmctsvg.checkpoints.official.read import read_official
from mmctsvg.utils.errors import UserError

MANIFEST = Path(__file__).parents[3] / "shared" / "design" / "official_checkpoint_manifest.json"


def save(raw, path):
    torch.save(raw, path)
    return path


def refuse(path, *words):
    with pytest.raises(UserError) as refused:
        read_official(path)
    for word in words:
        assert word in str(refused.value), str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(not MANIFEST.is_file(), reason=f"{MANIFEST} is not here")
def test_the_layout_is_that_of_a_real_file(official):
    """The test files have the names and shapes of a published one, in its order."""
    manifest = json.loads(MANIFEST.read_text())
    widths = {
        "channels_g": {4: 256, 8: 512, 16: 512, 32: 1024, 64: 512, 128: 256},
        "channels_d": {4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256},
    }
    names = ("size", "latent", "dyn_size", "num_classes", "num_person")
    size, latent, dyn, classes, persons = (manifest[name] for name in names)
    ours = official.layout(size, latent, dyn, classes, persons, **widths)
    for key, shapes in ours.items():
        theirs = {name: tuple(shape) for name, shape in manifest["tensors"][key].items()}
        assert list(shapes.items()) == list(theirs.items()), key


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"size": 8},
        {"size": 32, "channels_g": {4: 3, 8: 4, 16: 5, 32: 6}},
        {"latent": 20, "dyn": 4, "classes": 8, "persons": 30},
        {"embed": 32, "head": 16, "hidden": 24},
    ],
)
def test_sizes_come_from_the_tensors(official, tmp_path, sizes):
    if sizes.get("size", 16) != 16:
        sizes = {
            "channels_g": official.SMALL_G,
            "channels_d": {4: 3, 8: 4, 16: 5, 32: 6},
            **sizes,
        }
    raw = official.make(optimisers=False, **sizes)
    raw["args"] = argparse.Namespace()  # says nothing
    file = read_official(save(raw, tmp_path / "in.pt"))
    generator, judge = file.model["generator"], file.model["time_discriminator"]
    assert generator["size"] == sizes.get("size", 16) == judge["size"]
    assert generator["motion_dim"] == sizes.get("dyn", 16)
    assert generator["content_dim"] == sizes.get("latent", 24) - sizes.get("dyn", 16)
    assert generator["num_actors"] == sizes.get("persons", 5)
    assert generator["num_actions"] == sizes.get("classes", 3)
    assert judge["embed_dim"] == sizes.get("embed", 128) and judge["time_points"] == 3
    assert (judge["head_channels"], judge["hidden_dim"]) == (
        sizes.get("head", 128),
        sizes.get("hidden", 512),
    )
    assert any("args does not say latent" in note for note in file.notes)


def test_leftovers_are_told(official, tmp_path):
    raw = official.make(optimisers=False)
    file = read_official(save(raw, tmp_path / "in.pt"))
    notes = "\n".join(file.notes)
    assert "d.final_conv2.0.weight, d.final_conv2.1.bias (no output" in notes
    assert "ada_aug_p" in notes
    # What is converted and what is told is all that there is.
    for key, state in raw.items():
        if key in ("g", "g_ema", "d", "d2"):
            assert set(state) - set(file.places[key]) <= {
                "final_conv2.0.weight",
                "final_conv2.1.bias",
            }
    del raw["args"]
    assert any("no args" in n for n in read_official(save(raw, tmp_path / "b.pt")).notes)


def changed(raw, key, name, value):
    state = dict(raw[key])
    if value is None:
        del state[name]
    else:
        state[name] = value
    return {**raw, key: state}


@pytest.mark.parametrize(
    ("key", "name", "value", "words"),
    [
        ("g", "class_embed.weight", None, ["g.class_embed.weight is missing"]),
        ("d", "class_embed.weight", None, ["d.class_embed.weight is missing"]),
        ("g_ema", "convs.1.noise.weight", None, ["g_ema.convs.1.noise.weight is missing"]),
        ("g", "to_rgbs.1.bias", None, ["g.to_rgbs.1.bias is missing"]),
        ("g", "style.3.weight", None, ["g.style.3.weight is missing"]),
        ("d", "convs.2.skip.1.weight", None, ["d.convs.2.skip.1.weight is missing"]),
        ("d", "final_linear_con.1.bias", None, ["d.final_linear_con.1.bias is missing"]),
        ("g", "input.input", None, ["no tensor input.input in 'g'"]),
        ("g", "input.input", torch.zeros(6), ["input.input in 'g' has the shape (6,)"]),
        ("d2", "extra.weight", torch.zeros(2), ["d2.extra.weight is unknown"]),
        ("g", "convs.0.activate.bias", torch.zeros(9), ["has the shape (9,), not (10,)"]),
        ("g", "conv1.conv.weight", torch.zeros(6, 6, 3, 3), ["not (1, 6, 6, 3, 3)"]),
        ("g_ema", "noises.noise_2", torch.zeros(1, 1, 4, 4), ["not (1, 1, 8, 8)"]),
        ("d", "tauEmbedding.w0", torch.zeros(1), ["not (1, 1)"]),
        ("d", "final_linear.0.weight", torch.zeros(512, 77), ["d.final_linear.0.weight"]),
        ("d", "final_conv2.1.bias", torch.zeros(5), ["not (128,)"]),
        ("g", "style.1.bias", "text", ["no weights under g"]),
        ("g", "style.1.bias", torch.zeros(8, dtype=torch.int64), ["no weights under g"]),
    ],
)
def test_partial_files_are_refused(official, tmp_path, key, name, value, words):
    raw = official.make(optimisers=False)
    refuse(save(changed(raw, key, name, value), tmp_path / "in.pt"), "in.pt", *words)


@pytest.mark.parametrize("key", ["d", "d2"])
def test_players_of_another_size(official, tmp_path, key):
    raw = official.make(optimisers=False)
    widths = {"channels_g": {4: 3, 8: 4, 16: 5, 32: 6}, "channels_d": {4: 3, 8: 4, 16: 5, 32: 6}}
    raw[key] = official.make(size=32, optimisers=False, **widths)[key]
    network = {"d": "time_discriminator", "d2": "shuffle_discriminator"}[key]
    refuse(
        save(raw, tmp_path / "in.pt"), "generator.size=16", f"{network}.size=32", "must be equal"
    )


def test_all_that_is_wrong_is_listed(official, tmp_path):
    raw = official.make(optimisers=False)
    for i in range(20):
        raw["d"][f"x{i:02d}"] = torch.zeros(1)
    del raw["g_ema"]["conv1.noise.weight"]
    path = save(raw, tmp_path / "in.pt")
    refuse(path, "g_ema.conv1.noise.weight is missing", "d.x05 is unknown", "and 9 more")


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", 32), ("latent", 16), ("dyn_size", "16"), ("num_classes", 8), ("num_person", None)],
)
def test_args_must_agree(official, tmp_path, name, value):
    raw = official.make(optimisers=False)
    setattr(raw["args"], name, value)
    refuse(save(raw, tmp_path / "in.pt"), f"args says {name}={value!r}, the tensors say")


def test_what_is_no_checkpoint(official, tmp_path):
    path = tmp_path / "in.pt"
    refuse(path, "there is no such file")
    path.write_text("hello")
    refuse(path, "in.pt: is damaged or no checkpoint")
    path.write_bytes(b"")
    refuse(path, "in.pt: is damaged or no checkpoint")
    refuse(save([1, 2], path), "no checkpoint of the released code")
    refuse(save({"state_dict": {}}, path), "no checkpoint of the released code")
    raw = official.make(optimisers=False)
    refuse(save({k: v for k, v in raw.items() if k != "d2"}, path), "no weights under d2")
    save(raw, path)
    whole = path.read_bytes()
    for share in (0.01, 0.5, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        refuse(path, "in.pt: is damaged or no checkpoint")
    torch.save(raw, path, _use_new_zipfile_serialization=False)
    read_official(path)  # PyTorch's old format is as good


# -------------------------------------------------------------------------------- what might run


class Reduced:
    """Runs a command when it is unpickled, by any of the ways that pickle has."""

    def __init__(self, how, flag):
        self.how, self.command = how, f"touch {flag}"

    def __reduce__(self):
        if self.how == "system":
            return os.system, (self.command,)
        if self.how == "eval":
            return eval, (f"__import__('os').system({self.command!r})",)
        if self.how == "setattr":
            return setattr, (argparse.Namespace, "__setstate__", os.system)
        if self.how == "getattr":
            return getattr, (argparse.Namespace(), "size")
        return Stateful, (), self.command


class Stateful:
    def __setstate__(self, command):
        os.system(command)


class Evil(argparse.Namespace):
    """Looks like the one class that is allowed."""

    def __setstate__(self, state):
        os.system(state["command"])


@pytest.mark.parametrize("how", ["system", "eval", "setattr", "getattr", "state"])
@pytest.mark.parametrize("where", ["top", "args", "nested", "optimiser", "alone"])
@pytest.mark.parametrize("old_format", [False, True])
def test_nothing_of_a_file_runs(official, tmp_path, how, where, old_format):
    raw, flag, path = official.make(optimisers=False), tmp_path / "ran", tmp_path / "in.pt"
    evil = Reduced(how, flag)
    if where == "top":
        raw["g"] = evil
    elif where == "args":
        raw["args"].path = evil
    elif where == "nested":
        raw["args"] = argparse.Namespace(size=16, more=[{"a": (argparse.Namespace(b=evil),)}])
    elif where == "optimiser":
        raw["g_optim"] = {"state": {0: {"step": evil}}, "param_groups": []}
    if where == "alone":
        path.write_bytes(pickle.dumps(evil))
    else:
        torch.save(raw, path, _use_new_zipfile_serialization=not old_format)
    refuse(path, "objects besides weights", "could run code")
    assert not flag.exists() and not hasattr(argparse.Namespace, "__setstate__")
    assert argparse.Namespace not in torch.serialization.get_safe_globals()
    # The same bytes do run where nobody minds: the test is one.
    if where == "alone" and how in ("system", "state"):
        pickle.loads(path.read_bytes())
        assert flag.exists()


def test_a_namespace_with_a_setstate_of_its_own(official, tmp_path):
    raw, flag = official.make(optimisers=False), tmp_path / "ran"
    raw["args"] = Evil(command=f"touch {flag}")
    refuse(save(raw, tmp_path / "in.pt"), "objects besides weights")
    # The attribute of that name, on the class that is allowed, is looked at by unpicklers.
    raw["args"] = argparse.Namespace(size=16)
    raw["args"].__dict__["__setstate__"] = "os.system"
    raw["args"].__dict__["__class__"] = f"touch {flag}"
    read_official(save(raw, tmp_path / "in.pt"))
    assert not flag.exists()


def test_written_by_hand(official, tmp_path):
    """A pickle that no Python object gives: BUILD calls what the state before put there."""
    path, flag = tmp_path / "in.pt", tmp_path / "ran"
    save(official.make(optimisers=False), path)
    program = (
        b"\x80\x02cargparse\nNamespace\n)\x81}(U\x0c__setstate__cposix\nsystem\nub"
        + f"U{chr(len(str(flag)) + 6)}touch {flag}".encode()
        + b"b."
    )
    changed = tmp_path / "changed.pt"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = program if name.endswith("data.pkl") else old.read(name)
            new.writestr(name, data)
    refuse(changed, "objects besides weights (posix.system)")
    assert not flag.exists()
    pickle.loads(program)
    assert flag.exists()
