#!/usr/bin/env bash
# PyAV 18.1.0 (FFmpeg 8.1): seeking backwards in a transport stream lands after the asked frame.
#
# `Container.seek` promises a key frame at or before the time (`backward=True` and
# `any_frame=False` are its defaults). In a transport stream it stops at any packet whose decoding
# time is not later, mostly no key frame, and the decoder stays silent until the next key frame.
# A reader that seeks to a time and decodes forward never sees the frame it wants, without an
# error; with B-frames not even when the wanted frame is itself a key frame.

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

OPTIONS = {"preset": "ultrafast", "g": "9", "bf": "3", "b_strategy": "0", "sc_threshold": "0"}
WANTED = (20, 27, 36, 45, 50)

with av.open("a.ts", "w", format="mpegts") as container:
    stream = container.add_stream("libx264", rate=25, options=OPTIONS)
    stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
    for number in range(60):
        grey = np.full((48, 64), 10 + 4 * number, np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))

with av.open("a.ts") as container:
    frames = [(frame.pts, frame.key_frame) for frame in container.decode(video=0)]
number_of = {pts: number for number, (pts, _) in enumerate(frames)}
keys = [number for number, (_, key) in enumerate(frames) if key]

print(f"av {av.__version__}, numpy {np.__version__}")
print(f"{len(frames)} frames, key frames {keys}")
print("Expected: after seek(time of a frame) decoding begins at that frame or before it.")
late = []
for wanted in WANTED:
    with av.open("a.ts") as container:
        stream = container.streams.video[0]
        container.seek(frames[wanted][0], stream=stream, backward=True, any_frame=False)
        packet = next(container.demux(stream))
        landed, key = number_of[packet.pts], packet.is_keyframe
        container.seek(frames[wanted][0], stream=stream, backward=True, any_frame=False)
        first = number_of[next(container.decode(stream)).pts]
    late.append(first > wanted)
    print(
        f"Seen: frame {wanted} wanted: packet of frame {landed} (key frame: {key}), "
        f"first decoded frame {first}"
    )
if len(frames) != 60 or not all(late):
    sys.exit("The behaviour changed: decoding begins at the wanted frame or before it.")
PYTHON
