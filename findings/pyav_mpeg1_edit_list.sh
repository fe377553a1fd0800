#!/usr/bin/env bash
# PyAV 18.1.0 (FFmpeg 8.1): the edit list of an MPEG-1 video in mp4 hides the wrong frames.
#
# A trimmed mp4 keeps the frames before the cut, which decoding needs, and its edit list says that
# they are not shown. FFmpeg marks their packets "discard". With MPEG-1 and B-frames each mark
# stands one packet too early (probably because the parser of MPEG-1 hands out a picture only when
# the next one begins): frames before the cut are shown, with negative times, and the frame at the
# cut is missing. Every frame number from there on is wrong; MPEG-2 in the same file is right.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" -I - <<'PYTHON'
import sys
from fractions import Fraction

import av
import numpy as np

BEFORE = 3  # frames that lie before time 0
OPTIONS = {"g": "9", "bf": "2", "sc_threshold": "1000000000"}  # a key frame every 9 frames only


def write(path: str, codec: str) -> None:
    # Otherwise the muxer would shift all times to 0 and later instead of writing an edit list.
    options = {"avoid_negative_ts": "disabled"}
    with av.open(path, "w", container_options=options) as container:
        stream = container.add_stream(codec, rate=25, options=OPTIONS)
        stream.width, stream.height, stream.pix_fmt = 80, 32, "yuv420p"
        for number in range(24):
            planes = np.full((48, 80), 128, np.uint8)
            bits = [number >> bit & 1 for bit in range(5)]
            planes[:32] = 28 + 200 * np.repeat(bits, 16)  # a stripe is bright where a bit is set
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number - BEFORE, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def shown(path: str) -> list[tuple[int, int]]:
    """Time in frames, and number, of the decoded frames."""
    result = []
    with av.open(path) as container:
        for frame in container.decode(video=0):
            stripes = frame.to_ndarray()[:32].reshape(32, 5, 16).mean((0, 2)) > 128
            result.append((round(frame.time * 25), int(stripes @ 2 ** np.arange(5))))
    return result


print(f"av {av.__version__}, numpy {np.__version__}")
expected = [(number - BEFORE, number) for number in range(BEFORE, 24)]
print(f"Expected: (time, number) {expected[:6]} ...")
seen = {}
for codec in ("mpeg1video", "mpeg2video"):
    path = f"{codec}.mp4"
    write(path, codec)
    seen[codec] = shown(path)
    with av.open(path) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    marked = [round(p.pts * p.time_base * 25) for p in packets if p.is_discard]
    print(f"Seen: {codec}: {seen[codec][:6]} ...; marked to discard: times {marked}")
if seen["mpeg2video"] != expected or seen["mpeg1video"] == expected:
    sys.exit("The behaviour changed: MPEG-1 and MPEG-2 are not wrong and right any more.")
PYTHON
