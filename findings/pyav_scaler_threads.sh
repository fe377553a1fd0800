#!/usr/bin/env bash
# PyAV 18.1.0 (FFmpeg 8.1): every frame that is converted and kept holds its own scaler threads.
#
# `VideoFrame.to_ndarray(format="rgb24")` keeps a scaler in the SOURCE frame, with as many threads
# as the machine has cores, until that frame is deleted. A reader that holds a window of frames
# has frames x cores threads. `threads=1`, or one `VideoReformatter` for all frames, has none more.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" -I - <<'PYTHON'
import os
import sys

import av
import numpy as np
from av.video.reformatter import VideoReformatter

FRAMES = 10


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


def decoded() -> list[av.VideoFrame]:
    grey = np.full((96, 64), 128, np.uint8)  # 64 x 64 pixels of yuv420p
    return [av.VideoFrame.from_ndarray(grey, format="yuv420p") for _ in range(FRAMES)]


print(f"av {av.__version__}, numpy {np.__version__}, {os.cpu_count()} cores")
if os.cpu_count() == 1:
    sys.exit("This machine has one core, so the scaler starts no threads: nothing to see here.")

before = threads()
frames = decoded()
arrays = [frame.to_ndarray(format="rgb24") for frame in frames]
kept = threads() - before
del frames
deleted = threads() - before

reformatter = VideoReformatter()
frames = decoded()
one_scaler = [reformatter.reformat(frame, format="rgb24", threads=1) for frame in frames]
single = threads() - before
equal = all(np.array_equal(a, b.to_ndarray()) for a, b in zip(arrays, one_scaler, strict=True))

print("Expected: the threads of a conversion end with it, or all conversions share them.")
print(f"Seen: {FRAMES} kept frames after to_ndarray(format='rgb24'): {kept} threads more;")
print(f"      the same after the frames are deleted, the arrays kept: {deleted} more;")
print(f"      one VideoReformatter with threads=1: {single} more, pixels equal: {equal}.")
if kept < FRAMES or deleted or single or not equal:
    sys.exit("The behaviour changed: kept frames do not each hold scaler threads any more.")
PYTHON
