"""I3D, the network whose logits FVD compares."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_float

from ..numpy_pickle import load_arrays
from ..weights import describe_file, find_entry, find_weights

SIZE = 224  # side in pixels of the frames that the network was trained on
SHORTEST = 9  # least number of frames: the last pooling needs two after an eight-fold reduction
NUM_LOGITS = 400
_EPS = 1e-3
_MIXED = {  # widths of the branches: 1x1, (1x1, 3x3), (1x1, 3x3), 1x1 after pooling
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}


class I3D(nn.Module):
    """Two-stream inflated 3-D network, RGB stream, Kinetics-400.

    Batch normalisation is folded into the convolutions, so the network serves for inference only.

    Source: Carreira and Zisserman, Quo Vadis, Action Recognition?, CVPR 2017, figure 3.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv_1a = _Unit(3, 64, 7, 2)
        self.conv_2b = _Unit(64, 64, 1)
        self.conv_2c = _Unit(64, 192, 3)
        width, self.mixed = 192, nn.ModuleDict()
        for name, widths in _MIXED.items():
            self.mixed[name] = _Inception(width, widths)
            width = widths[0] + widths[2] + widths[4] + widths[5]
        self.logits = nn.Conv3d(width, NUM_LOGITS, 1)

    def forward(self, videos: Tensor) -> Tensor:
        """Compute logits of videos.

        Args:
            videos: Videos (N, 3, T, 224, 224) in [-1, 1], T at least 9.

        Returns:
            Logits (N, 400), averaged over time.
        """
        x = _pool(self.conv_1a(videos), (1, 3, 3), (1, 2, 2))
        x = _pool(self.conv_2c(self.conv_2b(x)), (1, 3, 3), (1, 2, 2))
        for name, block in self.mixed.items():
            if name == "Mixed_4b":
                x = _pool(x, (3, 3, 3), (2, 2, 2))
            elif name == "Mixed_5b":
                x = _pool(x, (2, 2, 2), (2, 2, 2))
            x = block(x)
        x = F.avg_pool3d(x, (2, 7, 7), stride=1)
        return self.logits(x).mean(dim=(2, 3, 4))


class _Unit(nn.Conv3d):
    """Convolution with TensorFlow's SAME padding, and ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel_size == (1, 1, 1):
            # PyTorch's own convolution would leave the channels-last layout.
            x = F.linear(x.movedim(1, -1), self.weight.flatten(1), self.bias)
            return F.relu_(x).movedim(-1, 1)
        before, after = _same_padding(x, self.kernel_size, self.stride)
        if before != after:
            x = F.pad(x, [n for pair in zip(before[::-1], after[::-1], strict=True) for n in pair])
            before = (0, 0, 0)
        return F.relu_(F.conv3d(x, self.weight, self.bias, self.stride, before))


class _Inception(nn.Module):
    def __init__(self, inputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.branch_0 = _Unit(inputs, widths[0], 1)
        self.branch_1 = nn.Sequential(_Unit(inputs, widths[1], 1), _Unit(widths[1], widths[2], 3))
        self.branch_2 = nn.Sequential(_Unit(inputs, widths[3], 1), _Unit(widths[3], widths[4], 3))
        self.branch_3 = _Unit(inputs, widths[5], 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = _pool(x, (3, 3, 3), (1, 1, 1))
        branches = self.branch_0(x), self.branch_1(x), self.branch_2(x), self.branch_3(pooled)
        return torch.cat(branches, 1)


def _same_padding(x: Tensor, kernel: tuple, stride: tuple) -> tuple[tuple, tuple]:
    """Return TensorFlow's SAME padding before and after each axis.

    It is as much as the last window needs, the odd one behind.
    """
    totals = [
        max((-(-size // s) - 1) * s + k - size, 0)
        for size, k, s in zip(x.shape[2:], kernel, stride, strict=True)
    ]
    return tuple(n // 2 for n in totals), tuple(n - n // 2 for n in totals)


def _pool(x: Tensor, kernel: tuple, stride: tuple) -> Tensor:
    before, _ = _same_padding(x, kernel, stride)
    # The last window of ``ceil_mode`` is the one that the padding behind is for.
    return F.max_pool3d(x, kernel, stride, before, ceil_mode=True)


def load_i3d(path: str | Path | None = None, offline: bool = False) -> I3D:
    """Load the network with its pretrained weights, in evaluation mode.

    Args:
        path: Path of a local copy of the weights ``i3d`` (see `mmctsvg.evaluation.weights`).
        offline: Whether weights are never fetched.

    Raises:
        UserError: If the weights are missing or wrong.
    """
    path = find_weights("i3d", path, offline)
    network = I3D()
    network.load_state_dict(_fold(load_arrays(path)))
    # Channels last: PyTorch's pooling takes half of the time otherwise.
    network.to(memory_format=torch.channels_last_3d)
    return network.eval().requires_grad_(False)


def _fold(variables: Mapping) -> dict[str, Tensor]:
    """Make the state of :class:`I3D` from the arrays of the package."""
    params, stats = variables["params"], variables["batch_stats"]
    state = {}

    def add(unit: str, weights: Mapping, statistics: Mapping) -> None:
        norm = statistics["BatchNorm_0"]
        scale = 1 / np.sqrt(norm["var"].reshape(-1) + _EPS)
        kernel = weights["Conv_0"]["kernel"] * scale
        bias = weights["BatchNorm_0"]["bias"] - norm["mean"].reshape(-1) * scale
        state[f"{unit}.weight"] = torch.from_numpy(kernel.transpose(4, 3, 0, 1, 2).copy())
        state[f"{unit}.bias"] = torch.from_numpy(bias.astype(np.float32))

    for name in ("Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3"):
        add(name[:9].replace("Conv3d", "conv"), params[name], stats[name])
    for mixed in _MIXED:
        for unit, name in (
            ("branch_0", "Branch_0/Conv3d_0a_1x1"),
            ("branch_1.0", "Branch_1/Conv3d_0a_1x1"),
            ("branch_1.1", "Branch_1/Conv3d_0b_3x3"),
            ("branch_2.0", "Branch_2/Conv3d_0a_1x1"),
            ("branch_2.1", "Branch_2/Conv3d_0b_3x3"),
            ("branch_3", "Branch_3/Conv3d_0b_1x1"),
        ):
            add(f"mixed.{mixed}.{unit}", params[mixed][name], stats[mixed][name])
    last = params["Logits/Conv3d_0c_1x1"]["Conv_0"]
    state["logits.weight"] = torch.from_numpy(last["kernel"].transpose(4, 3, 0, 1, 2).copy())
    state["logits.bias"] = torch.from_numpy(last["bias"].copy())
    return state


class I3DLogits:
    """Features for FVD: logits of uint8 videos.

    Args:
        path: Path of the weights or of StyleGAN-V's ``i3d_torchscript.pt``; None to fetch ours.
        device: Device of the network.
        offline: Whether weights are never fetched.

    Attributes:
        name: Name of the network; numbers of different ones cannot be compared.
        dim: Number of logits, 400.
        weights: Description of the weights for the card.

    Raises:
        UserError: If the weights are missing or wrong.
    """

    dim = NUM_LOGITS

    def __init__(
        self,
        path: str | Path | None = None,
        device: str | torch.device = "cpu",
        offline: bool = False,
    ) -> None:
        self.device = torch.device(device)
        self.is_script = path is not None and Path(path).suffix == ".pt"
        if self.is_script:
            self.name = "I3D of StyleGAN-V (i3d_torchscript.pt)"
            self._network = _load_script(Path(path)).to(self.device)
            self.weights = describe_file(Path(path))
        else:
            self.name = "I3D rgb_scratch, Kinetics-400 (DeepMind)"
            self._network = load_i3d(path, offline).to(self.device)
            self.weights = find_entry("i3d").card

    @torch.no_grad()
    def __call__(self, videos: np.ndarray) -> np.ndarray:
        """Compute logits.

        Args:
            videos: Videos, uint8 (N, T, H, W, 3) RGB, T at least 9. They are brought to 224 x 224
                bilinearly, antialiased where they shrink; StyleGAN-V's network does that itself.

        Returns:
            Logits, float32 (N, 400).
        """
        x = torch.from_numpy(videos).to(self.device).permute(0, 4, 1, 2, 3)
        if self.is_script:  # scales and resizes by itself
            options = dict(rescale=True, resize=True, return_features=True)
            return self._network(x.float().contiguous(), **options).float().cpu().numpy()
        x = to_float(x)
        if x.shape[-2:] != (SIZE, SIZE):
            n, c, t = x.shape[:3]
            x = x.transpose(1, 2).flatten(0, 1)
            x = F.interpolate(x, (SIZE, SIZE), mode="bilinear", antialias=True)
            x = x.unflatten(0, (n, t)).transpose(1, 2)
        return self._network(x.contiguous(memory_format=torch.channels_last_3d)).cpu().numpy()


def _load_script(path: Path) -> torch.jit.ScriptModule:
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; give the i3d_torchscript.pt of StyleGAN-V")
    try:
        return torch.jit.load(str(path), map_location="cpu").eval()
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        raise UserError(f"{path}: is no TorchScript file ({first})") from error
