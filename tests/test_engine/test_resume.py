import json
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from mmctsvg.checkpoints.generator_file import CARD_KEY, make_card
from mmctsvg.engine.resume import (
    carry_ramp,
    check_fit,
    check_seed,
    find_checkpoint,
    iteration_of,
    read_training,
)
from mmctsvg.utils.errors import UserError, UserNote


def training(iteration, **changes):
    """The least that a checkpoint of a training has."""
    return {
        "state_dict": {"generator.weight": torch.full((64,), 0.5)},
        "optimizer": {"generator": {"state": {0: {"exp_avg": torch.zeros(64)}}}},
        "meta": {"iter": iteration, "epoch": 0, "seed": 0},
        "message_hub": {"runtime_info": {"iter": iteration - 1}},
        **changes,
    }


@pytest.fixture
def work_dir(tmp_path):
    """Checkpoints of the iterations 900 and 1000; the pointer names the second."""
    for n in (900, 1000):
        torch.save(training(n), tmp_path / f"iter_{n}.pth")
    (tmp_path / "last_checkpoint").write_text(str(tmp_path / "iter_1000.pth"))
    return tmp_path


def found(work_dir):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no note where nothing is wrong
        return find_checkpoint("auto", work_dir)


def test_the_newest_checkpoint_is_found(work_dir, tmp_path_factory):
    assert find_checkpoint(None, work_dir) is None
    assert found(tmp_path_factory.mktemp("empty")) is None
    assert found(work_dir).name == "iter_1000.pth"
    pointer = work_dir / "last_checkpoint"
    pointer.write_text(str(work_dir / "iter_900.pth"))
    assert found(work_dir).name == "iter_900.pth"
    pointer.write_text("/moved/away/iter_900.pth\n")
    assert found(work_dir).name == "iter_900.pth"
    for useless in (b"/gone/iter_2.pth", b"\xff\xfe\x00", b"", b"\x00"):
        pointer.write_bytes(useless)
        assert found(work_dir).name == "iter_1000.pth"
    pointer.unlink()
    assert found(work_dir).name == "iter_1000.pth"


def test_a_copy_goes_on_from_its_own(work_dir, tmp_path_factory):
    copy = shutil.copytree(work_dir, tmp_path_factory.mktemp("copies") / "copy")
    assert found(copy) == copy / "iter_1000.pth"
    (copy / "iter_1000.pth").unlink()
    assert found(copy) == copy / "iter_900.pth"
    (copy / "iter_900.pth").unlink()
    assert found(copy) is None  # and not from the original's


def test_checkpoints_may_lie_elsewhere(work_dir, tmp_path_factory):
    """By the checkpoint hook's out_dir."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for path in work_dir.glob("*.pth"):
        path.rename(elsewhere / path.name)
    (work_dir / "last_checkpoint").write_text(str(elsewhere / "iter_900.pth"))
    assert found(work_dir) == elsewhere / "iter_900.pth"


def flip(path):
    """Change one byte of the weights."""
    data = bytearray(path.read_bytes())
    place = data.index(torch.full((64,), 0.5).numpy().tobytes()) + 7
    data[place] ^= 0x40
    path.write_bytes(data)


def rewrite(**changes):
    return lambda path: torch.save(training(1000, **changes), path)


def without(key):
    def damage(path):
        checkpoint = training(1000)
        del checkpoint[key]
        torch.save(checkpoint, path)

    return damage


class Foreign:
    """No plain data."""


DAMAGES = {
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-900]), "is damaged"),
    "empty": (lambda path: path.write_bytes(b""), "iter_1000.pth: is neither"),
    "a flipped byte": (flip, "is damaged"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "iter_1000.pth: "),
    "a foreign pickle": (rewrite(extra=Foreign()), "holds objects besides weights"),
    "a text": (lambda path: path.write_text("iter_1000"), "iter_1000.pth: is neither"),
    "no state_dict": (without("state_dict"), "it has no 'state_dict'"),
    "no optimiser": (without("optimizer"), "it has no optimizer"),
    "an empty optimiser": (rewrite(optimizer={}), "its optimizer is no training's"),
    "no counters": (rewrite(meta={"seed": 0}), "its meta is no training's"),
    "no hub": (rewrite(message_hub=[]), "its message_hub is no training's"),
    "another counter": (rewrite(meta={"iter": 10**9, "epoch": 0}), "of iteration 1000000000"),
    "a float counter": (rewrite(meta={"iter": 1000.0, "epoch": 0}), "of iteration 1000.0"),
    "a weight that is nan": (
        rewrite(state_dict={"a": torch.ones(3), "b": torch.tensor([0, torch.nan])}),
        "state_dict.b holds numbers that are not finite",
    ),
    "a moment that is inf": (
        rewrite(optimizer={"generator": {"state": {0: {"exp_avg": torch.tensor(torch.inf)}}}}),
        "optimizer.generator.state.0.exp_avg holds numbers",
    ),
}

if Path("/proc/self/mem").exists():  # a file whose reading fails, for every user
    DAMAGES["unreadable"] = (
        lambda path: (path.unlink(), path.symlink_to("/proc/self/mem")),
        "cannot be read",
    )


@pytest.mark.parametrize(("damage", "said"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_one_gives_way_to_an_older(work_dir, damage, said):
    damage(work_dir / "iter_1000.pth")
    with pytest.warns(UserNote, match="going on from .*iter_900.pth") as notes:
        assert find_checkpoint("auto", work_dir) == work_dir / "iter_900.pth"
    assert said in str(notes[0].message)
    if not said.startswith("iter_1000.pth: "):
        with pytest.raises(UserError, match="iter_1000.pth"):  # one that is asked for is refused
            read_training(work_dir / "iter_1000.pth")


def test_all_are_damaged(work_dir):
    flip(work_dir / "iter_1000.pth")
    flip(work_dir / "iter_900.pth")
    with pytest.raises(UserError, match="iter_1000.pth: is damaged.* has no other checkpoint"):
        find_checkpoint("auto", work_dir)


def test_iterations_of_names(tmp_path):
    names = {"iter_12.pth": 12, "iter_.pth": 0, "other.pth": 0, "iter_3.pth.bak": 0}
    assert {name: iteration_of(tmp_path / name) for name in names} == names
    assert iteration_of(tmp_path / f"iter_{'9' * 5000}.pth") == 0


def test_another_seed_is_refused():
    with pytest.raises(UserError, match="a.pth: was trained with seed 7 .* add seed=7"):
        check_seed("a.pth", {"meta": {"seed": 7}}, 0)
    check_seed("a.pth", {"meta": {"seed": 7}}, 7)
    check_seed("a.pth", {"meta": {"seed": 7}}, None)  # MMEngine then takes the old one
    check_seed("a.pth", {"meta": {}}, 0)  # of the authors


def test_every_network_has_its_optimiser():
    model = SimpleNamespace(
        state_dict=dict, regularisation_intervals={"generator": 4, "time_discriminator": 16}
    )
    checkpoint = training(3, state_dict={})
    with pytest.raises(UserError, match="it has no optimiser of time_discriminator"):
        check_fit("a.pth", checkpoint, model, resume=True)
    check_fit("a.pth", checkpoint, model, resume=False)


def test_a_ramp_that_is_done_stays_done(make_generator, make_meta):
    for ramp, left_out in ((0.0, False), (0.5, False), (1.0, True)):
        card = make_card(make_generator(), make_meta(ramp=ramp))
        model = SimpleNamespace(ramp=(2, 6))
        checkpoint = {"state_dict": {}, CARD_KEY: json.dumps(card)}
        assert carry_ramp("a.pth", checkpoint, model) == left_out
        assert model.ramp == (None if left_out else (2, 6))
    assert not carry_ramp("a.pth", {"state_dict": {}}, SimpleNamespace(ramp=(2, 6)))
    assert not carry_ramp("a.pth", checkpoint, SimpleNamespace(ramp=None))
