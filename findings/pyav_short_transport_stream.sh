#!/usr/bin/env bash
# PyAV 18.1.0 (FFmpeg 8.1): a transport stream of a few frames is taken for another format.
#
# FFmpeg guesses the format from the content, whatever the file is called. Up to ten packets of 188
# bytes its guess of a transport stream is a weak one, and that of an MPEG elementary or program
# stream wins: the times are lost, or opening raises EOFError.
# Whoever reads short clips should name the format: `av.open(path, format="mpegts")`.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" -I - <<'PYTHON'
import os
import sys
from fractions import Fraction

import av
import numpy as np


def write(path: str, count: int) -> None:
    with av.open(path, "w", format="mpegts") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        for number in range(count):
            grey = np.full((48, 64), 10 + 6 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def opened(path: str, form: str | None = None) -> tuple[str, int]:
    """The name of the format, or of the error, and the number of frames."""
    try:
        with av.open(path, format=form) as container:
            return container.format.name, sum(1 for _ in container.decode(video=0))
    except av.error.EOFError as error:
        return type(error).__name__, 0


print(f"av {av.__version__}, numpy {np.__version__}")
print("Expected: a valid file a.ts opens as mpegts, however short it is.")
guesses = []
for count in range(1, 8):
    write("a.ts", count)
    guesses.append(opened("a.ts")[0])
    packets = os.path.getsize("a.ts") // 188
    print(
        f"Seen: {count} frames, {packets} packets: {opened('a.ts')}, "
        f"with format='mpegts': {opened('a.ts', 'mpegts')}"
    )
    if opened("a.ts", "mpegts") != ("mpegts", count):
        sys.exit("The behaviour changed: naming the format does not open the file.")
if "EOFError" not in guesses or guesses[-1] != "mpegts":
    sys.exit("The behaviour changed: short transport streams open without naming the format.")
PYTHON
