import json

import numpy as np
import pytest
import torch

from mmctsvg.checkpoints import generator_file, save_generator
from mmctsvg.visualization import FrameFolder


class BlockImages(torch.nn.Module):
    """A generator of images of four grey blocks, as big as a file needs."""

    num_actors = num_actions = 0
    style_dim = 4

    def __init__(self, size: int):
        super().__init__()
        self.config, self.size = {"size": size}, size
        self.scale = torch.nn.Parameter(torch.ones(1))

    def mapping(self, z):
        return self.scale * z

    def synthesise(self, w):
        blocks = w.reshape(-1, 1, 2, 2).repeat_interleave(self.size // 2, 2)
        return blocks.repeat_interleave(self.size // 2, 3).expand(-1, 3, -1, -1)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The file of a generator that this program allows."""
    monkeypatch.setattr(generator_file, "_allowed", {"BlockImages": BlockImages})
    path = tmp_path / "images.safetensors"
    save_generator(path, BlockImages(8), {"fps": 10.0})
    return path


@pytest.fixture
def clip(tmp_path):
    """A block that grows brighter and darker."""
    grey = 128 + 100 * np.cos(np.pi * (np.arange(8) + 0.5) / 8)
    frames = np.full((8, 8, 8, 3), 128, np.uint8)
    frames[:, :4, :4] = grey[:, None, None, None]
    with FrameFolder(tmp_path / "clip") as writer:
        writer.write(frames)
    return tmp_path / "clip"


@pytest.mark.slow
def test_path_and_controls(weights, clip, load_tool, tmp_path, capsys):
    out = tmp_path / "out"
    search = [
        "--first-steps",
        "200",
        "--steps",
        "60",
        "--lpips",
        "none",
        "--components",
        "2",
        "--lr",
        "0.1",
        "--device",
        "cpu",
    ]
    load_tool("latent_path").main([str(clip), str(weights), *search, "--out-dir", str(out)])
    found = json.loads((out / "latent_path.json").read_text())["paths"]
    assert found["clip"]["cosine_content"][0] > 0.99
    assert found["frames shuffled"]["cosine_content"][0] < 0.5
    assert sorted(found["frames shuffled"]["order"]) == list(range(8))
    assert max(found["clip"]["losses"]) < 0.01 and "random walk" in found
    assert (out / "latent_path.png").read_bytes().startswith(b"\x89PNG")
    assert "| clip | 1.00 (" in capsys.readouterr().out


def test_refuses(weights, clip, load_tool, small_model, check_refusal):
    main = load_tool("latent_path").main
    check_refusal(main, [clip, small_model], "makes videos, not images")
    check_refusal(main, [clip, weights, "--components", 5], "--components 5: 8 frames in 4 dim")
    check_refusal(main, ["nowhere", weights], "nowhere")
