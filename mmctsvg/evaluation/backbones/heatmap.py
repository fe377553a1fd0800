"""A small network that finds the Kinect's joints of one person in grey frames, by heat maps."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmctsvg.datasets.skeleton_frames import MIRROR
from mmctsvg.evaluation.video import Video
from mmctsvg.registry import MODELS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import read_pickle, write_pickle

from ..poses import Poses
from ..weights import describe_file

FORMAT = 1
_BATCH = 64  # frames that go through the network together
_REACH = 2  # cells around the highest one that decide about the place


@MODELS.register_module()
class HeatmapNetwork(BaseModel):
    """A U-net from a grey frame to heat maps of the K = 20 joints of the Kinect, at half its size.

    It is trained on frames that are turned, scaled, moved, mirrored, blurred, made noisy, lighter
    or darker at random, and on some that show nobody, whose heat maps are empty. The heat map of a
    key point is a Gaussian bell of height 1; the loss is the mean cross-entropy.

    Args:
        size: Side of the frames in pixels, a multiple of 16.
        channels: Channels at 1/2, 1/4, 1/8 and 1/16 of the size.
        sigma: Width of the bells, in cells of the heat maps.
        nobody: Share of the frames in training that show nobody.
    """

    def __init__(
        self,
        *,
        size: int = 64,
        channels: tuple[int, ...] = (24, 48, 64, 96),
        sigma: float = 1.2,
        nobody: float = 0.06,
    ) -> None:
        super().__init__()
        self.size, self.sigma, self.nobody = size, sigma, nobody
        self.register_buffer("mirror", torch.tensor(MIRROR), persistent=False)
        widths = list(channels)
        self.stem = _block(1, widths[0], stride=2, kernel=5)
        pairs = list(zip(widths, widths[1:], strict=False))
        self.downs = nn.ModuleList(
            nn.Sequential(_block(a, b, stride=2), _block(b, b)) for a, b in pairs
        )
        self.laterals = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairs)
        self.ups = nn.ModuleList(_block(a, a) for a, _ in pairs)
        self.head = nn.Conv2d(widths[0], len(MIRROR), 1)
        nn.init.constant_(self.head.bias, -4.0)  # heat maps are nearly empty

    def heatmaps(self, frames: Tensor) -> Tensor:
        """Compute the heat maps.

        Args:
            frames: Grey frames, float (N, 1, size, size) in [0, 1].

        Returns:
            Logits, float (N, K, size / 2, size / 2).
        """
        kept = [self.stem(frames)]
        for down in self.downs:
            kept.append(down(kept[-1]))
        found = kept.pop()
        for up, lateral in zip(reversed(self.ups), reversed(self.laterals), strict=True):
            wide = F.interpolate(lateral(found), scale_factor=2.0)
            found = up(kept.pop() + wide)
        return self.head(found)

    def forward(self, frames: Tensor, joints: Tensor | None = None, mode: str = "predict") -> Any:
        """Train on frames, or find their key points.

        Args:
            frames: Grey frames, uint8 (N, size, size).
            joints: Places of the key points, float (N, K, 2), x and y in pixels, for the loss.
            mode: ``'loss'``, or else places and scores.

        Returns:
            A dict of the loss; or places, float (N, K, 2) in pixels, and scores, float (N, K) from
            0 to 1, the heights of the heat maps.
        """
        grey = frames[:, None].float() / 255
        if mode != "loss":
            return find_peaks(self.heatmaps(grey).sigmoid())
        grey, joints, shown = self.vary(grey, joints)
        wanted = draw_bells(joints, self.size // 2, self.sigma) * shown[:, None, None, None]
        found = self.heatmaps(grey)
        # Few cells lie in a bell: without the factor all would be empty for long.
        return dict(loss=50 * F.binary_cross_entropy_with_logits(found, wanted))

    def vary(self, grey: Tensor, joints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Change frames at random, with their key points.

        Args:
            grey: Grey frames, float (N, 1, size, size) in [0, 1].
            joints: Places, float (N, K, 2) in pixels.

        Returns:
            Changed frames and places, and whether each frame shows somebody, float (N,).
        """
        count, device = len(grey), grey.device

        def between(low: float, high: float) -> Tensor:
            return torch.rand(count, device=device) * (high - low) + low

        angle, scale = between(-0.15, 0.15), between(0.8, 1.2)
        move = torch.stack([between(-0.15, 0.15), between(-0.1, 0.1)], -1)
        flip = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
        cos, sin = angle.cos() / scale, angle.sin() / scale
        # From the changed frame's coordinates, -1 to 1, to those of the given one.
        matrix = torch.stack(
            [torch.stack([cos * flip, -sin], -1), torch.stack([sin * flip, cos], -1)], 1
        )
        grid = F.affine_grid(
            torch.cat([matrix, move[..., None]], 2), grey.shape, align_corners=False
        )
        grey = F.grid_sample(grey, grid, align_corners=False)
        unit = (2 * joints + 1) / self.size - 1
        unit = torch.linalg.solve(matrix, (unit - move[:, None]).mT).mT
        joints = ((unit + 1) * self.size - 1) / 2
        joints = torch.where(flip[:, None, None] < 0, joints[:, self.mirror], joints)
        soft = F.avg_pool2d(F.pad(grey, (1, 1, 1, 1), mode="replicate"), 3, 1)
        blur = between(-1, 1).clamp(0)[:, None, None, None]
        grey = torch.lerp(grey, soft, blur) * between(0.75, 1.2)[:, None, None, None]
        shown = (torch.rand(count, device=device) >= self.nobody).float()
        # Nobody: an even grey, or the frame's own cells in another order.
        mixed = grey.flatten(2)[..., torch.randperm(self.size**2, device=device)].view_as(grey)
        level, noisy = between(0, 1), torch.rand(count, device=device) < 0.5
        empty = torch.where(noisy[:, None, None, None], mixed, level[:, None, None, None])
        grey = torch.where(shown[:, None, None, None] > 0, grey, empty)
        noise = between(-0.05, 0.05).clamp(0)[:, None, None, None]
        return (grey + noise * torch.randn_like(grey)).clamp(0, 1), joints, shown


def _block(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def draw_bells(joints: Tensor, cells: int, sigma: float) -> Tensor:
    """Draw the heat maps that key points should have.

    Args:
        joints: Places, float (N, K, 2), x and y in pixels of frames of 2 x ``cells``.
        cells: Side of the heat maps.
        sigma: Width of the bells in cells.

    Returns:
        Bells of height 1, float (N, K, cells, cells).
    """
    places = torch.arange(cells, device=joints.device)
    away = ((joints / 2 - 0.25)[..., None] - places).square() / (2 * sigma**2)
    x, y = (-away).exp().unbind(2)
    return y[..., :, None] * x[..., None, :]


def find_peaks(heat: Tensor) -> tuple[Tensor, Tensor]:
    """Find the places of key points: the middle of the heat around the highest cell.

    Args:
        heat: Heat maps, float (N, K, H, H) from 0 to 1.

    Returns:
        Places, float (N, K, 2), x and y in pixels of frames of 2 x H, and heights, float (N, K).
    """
    side = heat.shape[-1]
    height, cell = heat.flatten(2).max(-1)
    places = torch.arange(side, device=heat.device)
    row, column = cell // side, cell % side
    near_x = (places - column[..., None]).abs() <= _REACH
    near_y = (places - row[..., None]).abs() <= _REACH
    near = heat * near_y[..., :, None] * near_x[..., None, :]
    total = near.sum((-1, -2)).clamp_min(1e-12)
    x, y = (near.sum(-2) @ places.float()) / total, (near.sum(-1) @ places.float()) / total
    return torch.stack([x, y], -1) * 2 + 0.5, height


class HeatmapPose:
    """A trained `HeatmapNetwork` as a source of skeletons (`PoseSource`).

    Frames are made grey and scaled (over areas) to the network's size. Frames without a person (see
    `Poses.found`) get zeros.

    Args:
        path: Path of a file of `save_pose_network`.

    Attributes:
        held_out: Errors on people whom it was not trained on (`mmctsvg.engine.pose_training`).

    Raises:
        UserError: If the file is missing, damaged or of another kind.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        if not path.is_file():
            raise UserError(f"{path}: there is no such pose network; train one by train-pose")
        content = read_pickle(path, "train it again")
        card = content.get("pose_network") if isinstance(content, dict) else None
        if not isinstance(card, dict) or card.get("format") != FORMAT:
            raise UserError(
                f"{path}: is no pose network of this version of mmctsvg; train it again"
            )
        try:
            self._network = HeatmapNetwork(**card["model"])
            self._network.load_state_dict(content["state_dict"])
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            text = " ".join(str(error).split())[:200]
            raise UserError(f"{path}: its card does not fit its weights: {text}") from error
        self._network.eval()
        self.held_out: dict[str, Any] = card["held_out"]
        self.weights = describe_file(path)
        self.protocol = {"name": f"{card['name']}, heat maps", "sha256": self.weights["sha256"]}

    @torch.no_grad()
    def __call__(self, video: Video) -> Poses:
        """Estimate the skeleton of one person in all frames of a video."""
        side = self._network.size
        height, width = video.size
        method = cv2.INTER_AREA if max(height, width) > side else cv2.INTER_LINEAR
        grey = video.frames.mean(-1)
        small = [cv2.resize(f, (side, side), interpolation=method) for f in grey]
        frames = torch.from_numpy(np.stack(small)).round()
        parts = [self._network(part) for part in frames.split(_BATCH)]
        points, score = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
        scale = np.array([width / side, height / side])
        points = ((points + 0.5) * scale - 0.5).astype(np.float32)
        seen = Poses(keypoint=points[None], score=score[None], size=video.size)
        return seen.without_nobody()


def save_pose_network(path: str | Path, card: dict[str, Any], weights: dict[str, Tensor]) -> None:
    """Write a pose network as one file.

    Args:
        path: Path of the file.
        card: Plain data: ``model`` (arguments of `HeatmapNetwork`), ``name``, ``held_out``.
        weights: State of the network.
    """
    write_pickle(path, {"pose_network": {"format": FORMAT, **card}, "state_dict": dict(weights)})
