"""Clocks for benchmarks."""

import time

import torch


def clock(device: torch.device) -> float:
    """Return the time in seconds, read once the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def processor_clock(device: torch.device) -> float:
    """Return the processor seconds of all threads of this process; off the CPU, `clock`."""
    return time.process_time() if device.type == "cpu" else clock(device)
