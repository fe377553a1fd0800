"""The page in a folder: one generator that plays in a browser, without a server's help."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.checkpoints.generator_file import CARD_KEY
from mmctsvg.models.layer_noise import shared_noise
from mmctsvg.utils.errors import UserError, UserNote
from mmctsvg.utils.files import atomic_path

from .page_data import pack, page_data
from .program import PARITY, need, open_session
from .runtime import find_runtime

PAGE = Path(__file__).resolve().parents[1] / "assets" / "web"
PROBE = 61  # every such value of a frame is compared in the browser
LARGEST = 20e6  # bytes of a folder that a visitor should have to wait for


def export_site(
    inferencer: CTSVGInferencer, folder: str | Path, runtime: str | Path | None = None
) -> dict[str, float]:
    """Write the page with a generator into a folder that any web server can show.

    The folder holds the page, `onnxruntime-web` and the generator as two ONNX files; it asks no
    other host for anything. The frames are checked against PyTorch's before anything is written.

    Args:
        inferencer: Generator on the CPU, with or without a tuning.
        folder: Folder; files of an earlier page are replaced.
        runtime: Folder of onnxruntime-web, see `find_runtime`.

    Returns:
        ``difference`` from PyTorch's values in [-1, 1] and ``bytes`` of the folder's files.

    Raises:
        UserError: If a package or the runtime is missing, or the frames differ from PyTorch's.
    """
    for name in ("onnx", "onnxruntime"):
        need(name)
    from .fast_synthesis import factor_shapes, frame_graph, styles_graph

    synthesis = inferencer.generator.synthesis
    noise = shared_noise(inferencer.generator, "fixed")
    card = {CARD_KEY: json.dumps(inferencer.card)}
    models = [make(synthesis, noise, card) for make in (styles_graph, frame_graph)]
    styles, frame = (model.SerializeToString() for model in models)
    shapes = factor_shapes(synthesis)
    given, wanted = make_sample(inferencer)
    difference = check_parity(given, wanted, styles, frame, shapes)
    # Every browser computes this frame first, and compares.
    probe = {"styles": pack(given[0]), "values": pack(wanted[0].flatten()[::PROBE])}
    data = {**page_data(inferencer), "factors": shapes, "probe": {**probe, "step": PROBE}}
    files = {path.name: path.read_bytes() for path in sorted(PAGE.iterdir())}
    files |= {f"ort/{name}": content for name, content in find_runtime(runtime).items()}
    files |= {"styles.onnx": styles, "frame.onnx": frame, "model.json": json.dumps(data).encode()}
    total = sum(map(len, files.values()))
    if total > LARGEST:
        warnings.warn(
            f"the folder has {total / 1e6:.0f} MB, which visitors of the page have to load; "
            f"generators with fewer channels stay below {LARGEST / 1e6:.0f}",
            UserNote,
            stacklevel=2,
        )
    for name, content in files.items():
        with atomic_path(Path(folder) / name) as temporary:
            temporary.write_bytes(content)
    return {"difference": difference, "bytes": total}


@torch.no_grad()
def make_sample(inferencer: CTSVGInferencer) -> tuple[Tensor, Tensor]:
    """Render a few frames by PyTorch: styles (n, S) and frames (n, 3, H, W)."""
    people = torch.stack(list(inferencer.contents().values())[:3])
    v = inferencer.waves(inferencer.sample_motion(1)[0]).temporal(torch.tensor([7.3, 0.0, 40.0]))
    styles = torch.cat([people, v[: len(people)]], dim=1)
    noise = shared_noise(inferencer.generator, "fixed")
    return styles, inferencer.generator.synthesis(styles, noise)


def check_parity(
    given: Tensor, wanted: Tensor, styles: bytes, frame: bytes, shapes: dict[str, list[int]]
) -> float:
    """Compare frames of the two ONNX models with PyTorch's.

    Args:
        given: Styles (n, S).
        wanted: Frames (n, 3, H, W).
        styles: Model of `styles_graph`.
        frame: Model of `frame_graph`.
        shapes: Shapes of the factors between them.

    Returns:
        Largest difference, of values in [-1, 1].

    Raises:
        UserError: If it is more than `PARITY`.
    """
    first, second = open_session(styles), open_session(frame)
    names = [output.name for output in first.get_outputs()]
    factors = dict(zip(names, first.run(None, {"styles": given.numpy()}), strict=True))
    found = []
    for n in range(len(given)):
        inputs = {name: factors[name][n].reshape(shape) for name, shape in shapes.items()}
        found.append(second.run(None, inputs)[0])
    away = np.abs(np.concatenate(found).clip(-1, 1) - wanted.clamp(-1, 1).numpy())
    worst = float(away.max())  # which keeps NaN
    if not worst <= PARITY:
        raise UserError(
            f"the page's frames would differ by {worst:.1g} from PyTorch's, more than {PARITY:g}, "
            "so nothing was written; report it with the versions of torch and onnxruntime."
        )
    return worst
