"""Which dtype is chosen."""

import pytest
import torch

from mmctsvg.models import precision
from mmctsvg.models.precision import resolve_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize("fast, dtype", [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_asks_the_hardware(monkeypatch, fast, dtype):
    """bfloat16 only where it is native."""
    monkeypatch.setattr(precision, "has_fast_bf16", lambda device: fast)
    assert resolve_precision("auto", CPU) is dtype
    assert resolve_precision("bf16", CPU) is torch.bfloat16
    assert resolve_precision("fp32", CPU) is torch.float32


def test_hardware_answer_agrees_with_the_kernel(tmp_path):
    """The CPU's flags, read independently of PyTorch."""
    try:
        with open("/proc/cpuinfo") as file:
            flags = set(file.read().split())
    except FileNotFoundError:
        pytest.skip("needs /proc/cpuinfo")
    assert precision.has_fast_bf16(CPU) == bool(flags & {"avx512_bf16", "amx_tile"})


def test_refusals():
    """One sentence each."""
    with pytest.raises(ValueError, match="must be one of auto, fp32, bf16, fp16"):
        resolve_precision("half", CPU)
    with pytest.raises(ValueError, match="needs a CUDA device"):
        resolve_precision("fp16", CPU)
