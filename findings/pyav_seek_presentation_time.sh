#!/usr/bin/env bash
# PyAV 18.1.0 (FFmpeg 8.1): Matroska is sought by presentation time, although it is not flagged so.
#
# FFmpeg's formats have a flag `seek_to_pts` ("seeking is based on PTS"). mp4 and mov have it and
# are sought by presentation time. FLV lacks it and finds a key frame by its decoding time (dts).
# Matroska lacks it too and is sought by presentation time all the same. With B-frames a key frame
# is decoded some frames before it is shown, so a reader that seeks to the decoding time of the
# wanted key frame, as the missing flag suggests, lands a whole group of pictures too early.

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

FORMATS = {"a.mp4": "mp4", "a.flv": "flv", "a.mkv": "matroska"}
OPTIONS = {"preset": "ultrafast", "g": "10", "bf": "2", "b_strategy": "0", "sc_threshold": "0"}


def write(path: str, form: str) -> None:
    with av.open(path, "w", format=form) as container:
        stream = container.add_stream("libx264", rate=25, options=OPTIONS)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        for number in range(40):
            grey = np.full((48, 64), 10 + 6 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def lands(path: str, time: int) -> int:
    """The presentation time of the first packet after the seek."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        container.seek(time, stream=stream)
        return next(container.demux(stream)).pts


print(f"av {av.__version__}, numpy {np.__version__}")
print("Expected: without the flag, seeking to a key frame's dts lands on it, not before it.")
by_presentation, flags = {}, {}
for path, form in FORMATS.items():
    write(path, form)
    with av.open(path) as container:
        flags[path] = av.format.Flags.seek_to_pts in av.format.Flags(container.format.flags)
        packets = [packet for packet in container.demux(video=0) if packet.size]
        keys = [(packet.pts, packet.dts) for packet in packets if packet.is_keyframe][1:]
    print(f"Seen: {path}, flag seek_to_pts {flags[path]}:")
    for pts, dts in keys:
        by_pts, by_dts = lands(path, pts), lands(path, dts)
        print(f"  key frame, pts {pts}, dts {dts}: seek(pts) -> {by_pts}, seek(dts) -> {by_dts}")
    by_presentation[path] = all(
        lands(path, pts) == pts and lands(path, dts) < pts for pts, dts in keys
    )
if flags != {"a.mp4": True, "a.flv": False, "a.mkv": False}:
    sys.exit("The behaviour changed: other formats have the flag.")
if by_presentation != {"a.mp4": True, "a.flv": False, "a.mkv": True}:
    sys.exit("The behaviour changed: other formats are sought by presentation time.")
PYTHON
