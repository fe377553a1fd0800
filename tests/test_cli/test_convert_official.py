"""The whole path: the authors' file, converted, rendered, trained on, with new actors."""

import json
import os
import shlex

import pytest
import torch
from mmengine.config import Config

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints.generator_file import CARD_KEY, read_checkpoint
from mmctsvg.cli.parsers import make_parser

TOY = dict(classes=5, persons=3)  # what the drawn actors of the toy training have


@pytest.fixture
def convert(load_tool):
    return load_tool("convert_official").main


@pytest.fixture
def file(official, tmp_path):
    """Returns a maker of files in the authors' layout: ``file(classes=5)`` gives its path."""

    def make(name="in.pt", **sizes):
        torch.save(official.make(**sizes), tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def official_config(toy_config, official):
    """Returns a maker of toy configs whose model is the one of ``file(**TOY)``."""

    def make(**changes):
        path = toy_config(
            {
                "model.preset": "official",
                "model.generator.motion_dim": 16,
                "model.time_discriminator.embed_dim": 128,
                "model.time_discriminator.head_channels": 128,
                "model.time_discriminator.hidden_dim": 512,
                "model.shuffle_discriminator.hidden_dim": 512,
                "train_dataloader.dataset.length": 30,
                "train_cfg.max_iters": 1,
                **changes,
            }
        )
        cfg = Config.fromfile(path)  # whose keys may be numbers only now
        cfg.model.generator.channels = official.SMALL_G
        cfg.model.time_discriminator.channels = official.SMALL_D
        cfg.model.shuffle_discriminator.channels = official.SMALL_D
        cfg.dump(path)
        return path

    return make


def test_says_what_it_did(convert, file, tmp_path, capsys):
    convert([str(file()), str(tmp_path / "new" / "out.pth")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "in.pt: 16 x 16, motion size 16, content size 8, 5 actors, 3 actions, 117000 iterations"
    )
    assert any(line.startswith("left out: d.final_conv2") for line in lines)
    assert any(line.startswith("mean path length") for line in lines)
    assert "g_optim: moments of 68 of 68 parameters" in lines
    assert lines[-1] == f"done: {tmp_path / 'new' / 'out.pth'}"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out.pth"]


def test_its_model_is_printed_as_options_for_the_shell(convert, file, tmp_path, capsys):
    target = tmp_path / "a folder" / "out.pth"
    convert([str(file()), str(target)])
    line = next(s for s in capsys.readouterr().out.splitlines() if s.startswith("its model: "))
    words = shlex.split(line.removeprefix("its model: "))
    args = make_parser("train").parse_args(["configs/ctsvg_mead_128.py", *words])
    assert args.cfg_options[0] == f"load_from={target}"
    assert "model.generator.motion_dim=16" in args.cfg_options
    assert args.cfg_options[-1] == "train_dataloader.dataset.size=16"


def test_both_kinds_of_file_give_the_same_pictures(convert, file, tmp_path):
    source = file()
    videos = []
    for name in ("out.pth", "out.safetensors"):
        convert([str(source), str(tmp_path / name), "--actors", "a,b,c,d,e"])
        inferencer = CTSVGInferencer(tmp_path / name)
        assert inferencer.actors == ("a", "b", "c", "d", "e")
        assert inferencer.actions == ("action0", "action1", "action2")
        assert inferencer.default_noise == "random" and inferencer.card["ramp"] == 1
        assert inferencer.card["provenance"]["source"] == "in.pt"
        videos.append(inferencer.render(range(4), "d", 1, noise="stored"))
    assert torch.equal(*videos)
    # Nothing of the file comes along but what is needed.
    assert (tmp_path / "out.pth").stat().st_size < source.stat().st_size * 1.05


@pytest.mark.parametrize(
    ("persons", "options", "first", "action", "fps"),
    [
        (30, [], "person00", "angry", 30),
        (24, [], "Actor_01", "neutral", 30),
        (24, ["--labels", "mead"], "person00", "angry", 30),
        (7, [], "actor0", "action0", 25),
        (30, ["--labels", "numbers"], "actor0", "action0", 25),
    ],
)
def test_labels(convert, file, tmp_path, persons, options, first, action, fps):
    source = file(persons=persons, classes=8, optimisers=False)
    convert([str(source), str(tmp_path / "o.safetensors"), *options])
    inferencer = CTSVGInferencer(tmp_path / "o.safetensors")
    assert (inferencer.actors[0], inferencer.actions[0], inferencer.fps) == (first, action, fps)
    assert (len(inferencer.actors), len(inferencer.actions)) == (persons, 8)


def test_videos_of_it(convert, file, tmp_path, load_tool):
    convert([str(file()), str(tmp_path / "out.pth")])
    load_tool("generate").main(
        [str(tmp_path / "out.pth"), "--actors", "0,4", "--frames", "3"]
        + ["--format", "png,sheet", "--noise", "stored", "--out-dir", str(tmp_path / "videos")]
    )
    assert (tmp_path / "videos" / "samples.png").is_file()
    assert len(list((tmp_path / "videos" / "samples_frames").rglob("*.png"))) == 2 * 3 * 3


def test_moments_go_with_their_parameters(convert, file, tmp_path, official, official_config):
    """By names that a second table, written by hand, gives to a few of them."""
    import mmctsvg.engine  # noqa: F401
    from mmctsvg.engine.complete import complete_model
    from mmctsvg.registry import DATASETS, MODELS, OPTIM_WRAPPER_CONSTRUCTORS

    raw = official.make(**TOY)
    convert([str(file(**TOY)), str(tmp_path / "out.pth")])
    saved = read_checkpoint(tmp_path / "out.pth")
    cfg = Config.fromfile(official_config())
    metainfo = DATASETS.build(cfg.train_dataloader.dataset).metainfo
    model = MODELS.build(complete_model(cfg.model, metainfo))
    model.load_state_dict(saved["state_dict"])
    constructor = dict(type=cfg.optim_wrapper.constructor, optim_wrapper_cfg=cfg.optim_wrapper)
    wrappers = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model)
    wrappers.load_state_dict(saved["optimizer"])
    for player, key, pairs in (
        (
            "generator",
            "g",
            {
                "content_mapper.actor.weight": "person_embed.weight",
                "mapper.time2vec.linear_weight": "dynstyle_gen.sinewavemixer.w0",
                "synthesis.convs.3.conv.weight": "convs.2.conv.weight",
                "synthesis.to_rgbs.2.bias": "to_rgbs.1.bias",
            },
        ),
        (
            "time_discriminator",
            "d",
            {
                "actor_head.1.bias": "final_linear_pcon.1.bias",
                "trunk.blocks.1.conv2.weight": "convs.2.conv2.1.weight",
            },
        ),
        ("shuffle_discriminator", "d2", {"trunk.from_rgb.bias": "convs.0.1.bias"}),
    ):
        optimiser = wrappers[player].optimizer
        names = [name for name in raw[key] if not official.is_buffer(name)]
        for ours, theirs in pairs.items():
            state = optimiser.state[getattr(model, player).get_parameter(ours)]
            wanted = raw[f"{key}_optim"]["state"][names.index(theirs)]
            assert float(state["step"]) == 117_000
            for moment in ("exp_avg", "exp_avg_sq"):
                assert torch.equal(state[moment].flatten(), wanted[moment].flatten()), ours
        assert len(optimiser.state) == len(list(getattr(model, player).parameters()))


def test_files_without_optimisers(convert, file, tmp_path, capsys, load_tool, official_config):
    convert([str(file(optimisers=False, **TOY)), str(tmp_path / "out.pth")])
    output = capsys.readouterr().out
    assert "iterations unknown" in output and "serves load_from=PATH, not resume=True" in output


@pytest.mark.slow
def test_training_goes_on_from_it(convert, file, tmp_path, load_tool, official_config, capsys):
    convert([str(file(**TOY)), str(tmp_path / "out.pth")])
    old = read_checkpoint(tmp_path / "out.pth")
    train = load_tool("train").main
    options = ["--cfg-options", f"load_from={tmp_path / 'out.pth'}"]
    config = official_config()  # with the ramp from 2000 to 4000
    train([str(config), "--work-dir", str(tmp_path / "w"), *options])
    assert "lambda is 1 from the start" in capsys.readouterr().out
    new = read_checkpoint(tmp_path / "w" / "iter_1.pth")
    card = json.loads(new[CARD_KEY])
    assert card["ramp"] == 1 and new["state_dict"]["iterations_done"] == 1
    for name in ("generator.synthesis.constant", "time_discriminator.action.weight"):
        step = (old["state_dict"][name] - new["state_dict"][name]).abs().max()
        assert 0 < step < 0.01, name  # lambda is not 0, or D_t's actions would stay
    # The ramp stays done when this training is resumed.
    train(
        [str(config), "--work-dir", str(tmp_path / "w"), "--resume", "--cfg-options"]
        + ["train_cfg.max_iters=2"]
    )
    assert json.loads(read_checkpoint(tmp_path / "w" / "iter_2.pth")[CARD_KEY])["ramp"] == 1


@pytest.mark.slow
def test_the_authors_training_is_resumed(convert, file, tmp_path, load_tool, official_config):
    """With their moments, and at their iteration."""
    convert([str(file(steps=7, **TOY)), str(tmp_path / "out.pth")])
    config = official_config(**{"train_cfg.max_iters": 8})
    arguments = ["--work-dir", str(tmp_path / "w"), "--resume", str(tmp_path / "out.pth")]
    load_tool("train").main([str(config), *arguments])
    new = read_checkpoint(tmp_path / "w" / "iter_8.pth")
    assert new["state_dict"]["iterations_done"] == 8
    assert {float(s["step"]) for s in new["optimizer"]["generator"]["state"].values()} == {8.0}


def test_new_actors_change_nothing_for_the_old(convert, file, tmp_path):
    source = file(classes=5, persons=4)
    convert([str(source), str(tmp_path / "old.pth")])
    convert([str(source), str(tmp_path / "new.pth"), "--new-actors", "Ada, Ben"])
    old, new = CTSVGInferencer(tmp_path / "old.pth"), CTSVGInferencer(tmp_path / "new.pth")
    assert new.actors == (*old.actors, "Ada", "Ben")
    for actor in old.actors:
        for noise in ("stored", "random"):
            videos = [i.render([0, 5], actor, 3, noise=noise) for i in (old, new)]
            assert torch.equal(*videos)
    ada = new.render([0, 5], "Ada", 3, noise="stored")
    assert all(
        (ada - new.render([0, 5], i, 3, noise="stored")).abs().max() > 1e-3 for i in range(3)
    )
    before, after = (read_checkpoint(tmp_path / f"{n}.pth") for n in ("old", "new"))
    for player, name in (
        ("generator", "generator.content_mapper.actor.weight"),
        ("generator", "generator_ema.content_mapper.actor.weight"),
        ("time_discriminator", "time_discriminator.actor.weight"),
    ):
        rows, grown = before["state_dict"].pop(name), after["state_dict"].pop(name)
        assert torch.equal(grown[:4], rows)
        torch.testing.assert_close(grown[4:], rows.mean(dim=0).expand(2, -1))
        for number, moments in after["optimizer"][player]["state"].items():
            for moment in ("exp_avg", "exp_avg_sq"):
                given = before["optimizer"][player]["state"][number][moment]
                assert torch.equal(moments[moment][: len(given)], given)
                assert not moments[moment][len(given) :].any()
    for name, value in before["state_dict"].items():
        if name != "mean_path_length":
            assert torch.equal(value, after["state_dict"][name]), name


@pytest.mark.slow
def test_new_actors_are_trained(convert, file, tmp_path, load_tool, official_config):
    source = file(classes=5, persons=2)
    convert([str(source), str(tmp_path / "new.pth"), "--actors", "Mia,Omar", "--new-actors", "Eve"])
    load_tool("train").main(
        [str(official_config()), "--work-dir", str(tmp_path / "w")]
        + ["--cfg-options", f"load_from={tmp_path / 'new.pth'}"]
    )
    rows = [
        read_checkpoint(path)["state_dict"]["time_discriminator.actor.weight"]
        for path in (tmp_path / "new.pth", tmp_path / "w" / "iter_1.pth")
    ]
    assert (rows[0][2] - rows[1][2]).abs().max() > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{in}", "{out}.pt"], ["out.pt: converted checkpoints end in .pth", "not in '.pt'"]),
        (["missing.pt", "{out}.pth"], ["missing.pt: there is no such file"]),
        (["{in}", "{out}.pth", "--actors", "a,b"], ["knows 5 actors, but 2 are named"]),
        (["{in}", "{out}.pth", "--new-actors", "actor1"], ["actor1 cannot be told apart"]),
        (["{in}", "{out}.pth", "--new-actors", "a,,b"], ["an empty name"]),
        (["{in}", "{out}.pth", "--labels", "mead"], ["knows 3 actions, and mead has 8"]),
        (["{in}", "{out}.pth", "--labels", "faces"], ["faces"]),
    ],
)
def test_bad_input_is_one_sentence(convert, file, tmp_path, check_refusal, arguments, words):
    values = {"in": file(optimisers=False), "out": tmp_path / "out"}
    check_refusal(convert, [a.format(**values) for a in arguments], *words)
    assert not list(tmp_path.glob("out*"))


def test_refusals_leave_what_was_there(convert, official, tmp_path, check_refusal):
    out, flag = tmp_path / "out.pth", tmp_path / "ran"
    out.write_text("mine")

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {flag}",)

    raw = official.make(optimisers=False)
    for change, word in (
        ({"g": {}}, "no tensor"),
        ({"args": Evil()}, "objects besides weights (posix.system)"),
        ({"d": None}, "no weights under d"),
        ({"args": official.make(size=16, latent=30, optimisers=False)["args"]}, "latent=30"),
    ):
        torch.save(raw | change, tmp_path / "in.pt")
        check_refusal(convert, [tmp_path / "in.pt", out], word)
    torch.save(raw, tmp_path / "in.pt")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "in.pt").read_bytes()[:5000])
    check_refusal(convert, [tmp_path / "cut.pt", out], "cut.pt: is damaged")
    (tmp_path / "same.pth").write_bytes((tmp_path / "in.pt").read_bytes())
    check_refusal(convert, [tmp_path / "same.pth", tmp_path / "same.pth"], "is the file to convert")
    assert out.read_text() == "mine" and not flag.exists()
    unlabelled = official.make(persons=0, classes=0, optimisers=False)
    torch.save(unlabelled, tmp_path / "in.pt")
    check_refusal(
        convert, [tmp_path / "in.pt", out, "--new-actors", "a"], "not conditioned on actors"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "latent", "dyn", "persons"), [(256, 256, 128, 30), (128, 128, 64, 24)]
)
def test_published_sizes(convert, file, tmp_path, load_tool, size, latent, dyn, persons):
    """The whole path at the sizes of two published files, optimisers left out to save memory."""
    widths = {
        "channels_g": {4: 256, 8: 512, 16: 512, 32: 1024, 64: 512, 128: 256, 256: 128},
        "channels_d": {4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128},
    }
    sizes = dict(size=size, latent=latent, dyn=dyn, persons=persons, classes=8, **widths)
    out = tmp_path / "out.pth"
    convert([str(file(optimisers=False, **sizes)), str(out)])
    load_tool("generate").main(
        [str(out), "--actors", "3", "--actions", "happy", "--frames", "2"]
        + ["--format", "sheet", "--out-dir", str(tmp_path)]
    )
    assert (tmp_path / "samples.png").is_file()


def test_as_a_program(run_tool):
    shown = run_tool("model_converters/ctsvg_official.py", "--help")
    assert shown.returncode == 0 and "mead_sz128_latent256_dyn128_117k.pt" in shown.stdout
