"""A baseline through all commands: trained, filmed, exported, resumed, generated and tested."""

import json

import numpy as np
import pytest
import torch

from mmctsvg.apis import open_inferencer

NETWORKS = """
channels = {4: 6, 8: 6, 16: 4}
small = dict(content_dim=5, code_dim=4, periods=3, longest=64, max_frames=40)
model = dict(
    _delete_=True,
    type="StyleGANV",
    generator=dict(type="StyleGANVGenerator", channels=channels, **small),
    discriminator=dict(
        type="StyleGANVDiscriminator",
        channels=channels,
        concat_at=8,
        hidden_dim=8,
        table_dim=4,
        max_frames=32,
    ),
    r1_interval=4,
)
train_dataloader = dict(dataset=dict(times="spans"))
custom_hooks = [
    dict(type="VideoGridHook", interval=-1, rows=2, columns=2, frames=3),
    dict(type="CurvesHook"),
    dict(type="ExportHook"),
]
"""


@pytest.mark.slow
def test_stylegan_v_through_all_commands(toy_config, load_tool, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "baseline.py"
    config.write_text(f'_base_ = ["{toy_config()}"]\n{NETWORKS}')
    train = load_tool("train").main
    train([str(config), "--work-dir", "whole"])
    assert "discriminators" in capsys.readouterr().out
    train([str(config), "--work-dir", "parts", "--cfg-options", "train_cfg.max_iters=4"])
    train([str(config), "--work-dir", "parts", "--resume"])
    whole, parts = (
        torch.load(f"{name}/iter_8.pth", weights_only=True) for name in ("whole", "parts")
    )
    for name, value in whole["state_dict"].items():
        assert torch.equal(value, parts["state_dict"][name]), name
    assert (tmp_path / "whole/videos/iter_8.mp4").is_file()
    assert (tmp_path / "whole/curves.png").is_file()

    weights = "whole/generator.safetensors"
    load_tool("generate").main(
        [weights, "--out-dir", "out", "--times", "0:40:8", "--format", "png"]
    )
    assert len(list(tmp_path.glob("out/samples_frames/*/*/*.png"))) == 4 * 4 * 5
    capsys.readouterr()
    load_tool("test").main([str(config), weights, "--frames", "4", "--metrics", "SynthTruth"])
    assert "not applicable: this generator cannot be told an actor" in capsys.readouterr().out
    card = json.loads((tmp_path / "whole/test/card.json").read_text())
    assert card["metrics"]["SynthTruth"]["numbers"] == {}

    inferencer = open_inferencer(tmp_path / "whole/iter_8.pth", "cpu")
    video = inferencer.render(np.arange(4))
    assert torch.equal(video, open_inferencer(weights, "cpu").render(np.arange(4)))
    assert inferencer.card["provenance"]["switches"] == {}
