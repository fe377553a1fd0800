"""In which precision the convolutions run; everything else stays in float32."""

import torch
from torch import nn

PRECISIONS = ("auto", "fp32", "bf16", "fp16")


def has_fast_bf16(device: torch.device) -> bool:
    """Tell whether the hardware multiplies bfloat16 natively.

    A CPU without AVX-512-BF16 or AMX emulates it, several times slower than float32.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "mps":
        return False  # nobody has tried
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def resolve_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return the dtype of the convolutions.

    Args:
        precision: ``'fp32'``, ``'bf16'``, ``'fp16'`` (CUDA only, with loss scaling) or ``'auto'``:
            bfloat16 where the hardware has it, else float32.
        device: Device of the model.

    Raises:
        ValueError: If the precision is unknown, or fp16 is asked of a CPU.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r}: must be one of {', '.join(PRECISIONS)}")
    if precision == "fp16" and device.type != "cuda":
        raise ValueError("precision='fp16' needs a CUDA device: use 'bf16' or 'auto' here")
    if precision == "auto":
        return torch.bfloat16 if has_fast_bf16(device) else torch.float32
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def compute_in(network: nn.Module, dtype: torch.dtype) -> None:
    """Set the precision of all convolutions in a network: of its parts with ``compute_dtype``."""
    for module in network.modules():
        if "compute_dtype" in vars(module):
            module.compute_dtype = dtype
