"""Play a generator of `mmctsvg export demo --out demo.onnx` with onnxruntime and numpy only.

python play_onnx.py demo.onnx video.gif [SEED] writes one row for every actor, all with one motion.
"""

import json
import struct
import sys

import numpy as np
import onnxruntime


def main(model: str, target: str, seed: str = "0") -> None:
    """Write the videos of all actors into one GIF."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    card = json.loads(session.get_modelmeta().custom_metadata_map["mmctsvg"])
    random, rows = np.random.default_rng(int(seed)), max(1, len(card["actors"]))
    sizes = {given.name: given.shape[-1] for given in session.get_inputs()}
    inputs = {
        "motion": np.repeat(random.standard_normal((1, sizes["motion"]), np.float32), rows, axis=0),
        "times": np.repeat(np.arange(0, 32.0)[None], rows, axis=0),  # any real numbers, in frames
        "actors": np.arange(rows),
        "actions": np.full(rows, len(card["actions"]) - 1),
        "content": random.standard_normal((rows, card["generator"]["content_dim"]), np.float32),
    }
    if "content" in sizes:
        inputs["content"] = inputs["content"][:, : sizes["content"]]
    (videos,) = session.run(None, {name: inputs[name] for name in sizes})
    pixels = ((videos + 1) * 127.5).round().astype(np.uint8)  # (rows, frames, 3, H, W)
    write_gif(target, np.concatenate(list(pixels.transpose(0, 1, 3, 4, 2)), axis=1), card["fps"])


def write_gif(path: str, frames: np.ndarray, fps: float) -> None:
    """Write frames (T, H, W, 3) in 128 fixed colours, without compression."""
    red, green, blue = np.moveaxis(frames >> 5, -1, 0) >> np.array([1, 0, 1])[:, None, None, None]
    levels = [(r * 85, g * 255 // 7, b * 85) for r in range(4) for g in range(8) for b in range(4)]
    height, width = frames.shape[1:3]
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF6, 0, 0) + bytes(sum(levels, ()))
    out += b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    for indices in (red * 32 + green * 4 + blue).astype(np.uint8).reshape(len(frames), -1):
        out += struct.pack("<4sHBB", b"\x21\xf9\x04\x00", round(100 / fps), 0, 0)
        out += struct.pack("<BHHHHBB", 0x2C, 0, 0, width, height, 0, 7)
        # Codes of 8 bits; 128 empties the table in time, so that they stay that long.
        codes = b"".join(b"\x80" + bytes(indices[i : i + 100]) for i in range(0, len(indices), 100))
        blocks = [codes[i : i + 255] for i in range(0, len(codes), 255)] + [b"\x81"]
        out += b"".join(bytes([len(block)]) + block for block in blocks) + b"\x00"
    with open(path, "wb") as file:
        file.write(out + b"\x3b")


if __name__ == "__main__":
    main(*sys.argv[1:])
