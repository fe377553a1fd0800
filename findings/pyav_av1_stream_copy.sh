#!/usr/bin/env bash
# PyAV 18.1.0 (FFmpeg 8.1): an AV1 stream is not copied with the default arguments.
#
# `add_stream_from_template(stream)` looks for an ENCODER with the name of the template's DECODER.
# AV1 is decoded by libdav1d, which cannot encode, so the call raises UnknownCodecError although a
# stream copy needs no encoder. `opaque=True` ("copy opaque data") copies it. Whoever trims videos
# without encoding them anew loses AV1; H.264 and VP9 work.

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

os.environ["SVT_LOG"] = "1"  # errors only

import av
import numpy as np


def write(path: str, codec: str, options: dict[str, str]) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(6):
            grey = np.full((96, 64), 10 + 6 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def copied(path: str, **arguments: bool) -> str:
    """The number of copied frames, or the error."""
    with av.open(path) as source, av.open("copy.mp4", "w") as target:
        template = source.streams.video[0]
        try:
            stream = target.add_stream_from_template(template, **arguments)
        except av.codec.codec.UnknownCodecError as error:
            return f"UnknownCodecError: {error}"
        for packet in source.demux(template):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    with av.open("copy.mp4") as container:
        return f"{sum(1 for _ in container.decode(video=0))} frames"


print(f"av {av.__version__}, numpy {np.__version__}")
print("Expected: add_stream_from_template(stream) is enough to copy the packets of any stream.")
results = {}
for codec, options in (
    ("libx264", {}),
    ("libvpx-vp9", {"deadline": "realtime"}),
    ("libsvtav1", {"preset": "12"}),
):
    write("a.mp4", codec, options)
    results[codec] = copied("a.mp4"), copied("a.mp4", opaque=True)
    print(f"Seen: {codec}: by default {results[codec][0]}; with opaque=True {results[codec][1]}")
if results.pop("libsvtav1") != ("UnknownCodecError: libdav1d", "6 frames"):
    sys.exit("The behaviour changed: AV1 is copied by default, or not even with opaque=True.")
if set(results.values()) != {("6 frames", "6 frames")}:
    sys.exit("The behaviour changed: H.264 or VP9 is not copied by default any more.")
PYTHON
