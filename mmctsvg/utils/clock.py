"""Clocks by which benchmarks go."""

import time

import torch


def clock(device: torch.device) -> float:
    """Seconds, once the device has finished."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def processor_clock(device: torch.device) -> float:
    """Seconds that all threads of this process have computed, or `clock` for another device."""
    return time.process_time() if device.type == "cpu" else clock(device)
