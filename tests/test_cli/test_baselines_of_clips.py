"""ImaGINator and MoCoGAN-HD through all commands."""

import pytest
import torch

from mmctsvg.apis import open_inferencer

IMAGINATOR = """
model = dict(
    _delete_=True,
    type="ImaGINator",
    frames=8,
    generator=dict(
        type="ImaGINatorGenerator", base=2, noise_dim=4, appearance_dim=3, middle=(2, 2)
    ),
    video_discriminator=dict(type="ImaGINatorVideoDiscriminator", base=2),
    image_discriminator=dict(type="ImaGINatorImageDiscriminator", base=2),
)
train_dataloader = dict(dataset=dict(num_frames=8))
"""
STAGE_1 = """
channels = {4: 6, 8: 6, 16: 4}
images = dict(type="StyleImageGenerator", channels=channels, style_dim=6, mapping_layers=2)
model = dict(
    _delete_=True,
    type="StyleGAN2Images",
    generator=images,
    discriminator=dict(type="StyleImageDiscriminator", channels=channels),
    path_interval=2,
)
train_dataloader = dict(dataset=dict(num_frames=1))
"""
STAGE_3 = """
images = dict(
    type="StyleImageGenerator", channels={4: 6, 8: 6, 16: 4}, style_dim=6, mapping_layers=2
)
model = dict(
    _delete_=True,
    type="MoCoGANHD",
    generator=dict(type="MoCoGANHDGenerator", images=images, hidden=4, directions=3),
    video_discriminator=dict(type="PatchVideoDiscriminator", base=2),
    image_discriminator=dict(type="PatchImageDiscriminator", base=2),
    steps=2,
    samples=100,
)
train_dataloader = dict(dataset=dict(num_frames=4))
default_hooks = dict(
    image_generator=dict(type="ImageGeneratorHook", path="images/generator.safetensors")
)
"""
HOOKS = """
custom_hooks = [
    dict(type="VideoGridHook", interval=-1, rows=2, columns=2, frames=3),
    dict(type="CurvesHook"),
    dict(type="ExportHook"),
]
"""


@pytest.fixture
def write(toy_config, tmp_path, monkeypatch):
    """A maker of configs with other networks, in a folder that commands run in."""
    monkeypatch.chdir(tmp_path)

    def make(name, networks):
        path = tmp_path / f"{name}.py"
        path.write_text(f'_base_ = ["{toy_config()}"]\n{networks}{HOOKS}')
        return str(path)

    return make


def check_training(train, config, tmp_path):
    """A straight training and one in two parts end alike, with all their files."""
    train([config, "--work-dir", "whole"])
    train([config, "--work-dir", "parts", "--cfg-options", "train_cfg.max_iters=4"])
    train([config, "--work-dir", "parts", "--resume"])
    whole, parts = (
        torch.load(f"{name}/iter_8.pth", weights_only=True) for name in ("whole", "parts")
    )
    for name, value in whole["state_dict"].items():
        assert torch.equal(value, parts["state_dict"][name]), name
    for name in ("videos/iter_8.mp4", "curves.png", "generator.safetensors"):
        assert (tmp_path / "whole" / name).is_file()


@pytest.mark.slow
def test_imaginator(write, load_tool, tmp_path, capsys):
    config, generate = write("imaginator", IMAGINATOR), load_tool("generate").main
    check_training(load_tool("train").main, config, tmp_path)
    weights = "whole/generator.safetensors"
    video = open_inferencer(weights, "cpu").render(
        range(8), action=0, start=torch.zeros(3, 16, 16), seed=1
    )
    assert video.shape == (8, 3, 16, 16)

    # A start frame for every row: here that of a video, and the same turned upside down.
    load_tool("generate").main(
        ["--demo", "--frames", "2", "--format", "png", "--out-dir", "people"]
    )
    starts = sorted(path for path in tmp_path.glob("people/samples_frames/*/*") if path.is_dir())
    arguments = [weights, "--format", "png", "--frames", "3", "--actions", "0"]
    options = [part for path in starts[:2] for part in ("--start", str(path))]
    generate([*arguments, *options, "--out-dir", "out"])
    assert len(list(tmp_path.glob("out/samples_frames/*/*/*.png"))) == 2 * 3

    for wrong, words in (
        (arguments, "--start: this generator needs a start frame"),
        ([*arguments, "--start", "nowhere"], "nowhere does not exist"),
        (["--demo", "--start", str(starts[0])], "this generator takes no start frame"),
        ([weights, "--start", str(starts[0]), "--frames", "9"], "at most 8 frames"),
    ):
        with pytest.raises(SystemExit):
            generate([*wrong, "--out-dir", "out"])
        assert words in capsys.readouterr().err

    load_tool("test").main([config, weights, "--frames", "8", "--metrics", "SynthTruth"])
    assert "not applicable" in capsys.readouterr().out


@pytest.mark.slow
def test_mocogan_hd(write, load_tool, tmp_path, capsys):
    train = load_tool("train").main
    images, config = write("images", STAGE_1), write("walk", STAGE_3)
    with pytest.raises(SystemExit):
        train([config, "--work-dir", "early"])
    assert "train stage 1 first" in capsys.readouterr().err
    train([images, "--work-dir", "images"])
    assert (tmp_path / "images/videos/iter_8.png").is_file()
    check_training(train, config, tmp_path)
    weights = "whole/generator.safetensors"
    load_tool("generate").main([weights, "--times", "0:20:0.5", "--out-dir", "out"])
    assert (tmp_path / "out/samples.mp4").is_file()
    first, walk = (
        open_inferencer(f"{n}/generator.safetensors", "cpu") for n in ("images", "whole")
    )
    z = torch.randn(6)
    assert torch.equal(first.render([0], z=z, seed=3), walk.render([0], z=z, seed=3))
