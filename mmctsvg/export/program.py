"""A generator as one program that other runtimes play: ONNX, or PyTorch's own."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.checkpoints.generator_file import CARD_KEY
from mmctsvg.models.generators import ConditionalStyleVideoGenerator
from mmctsvg.models.layer_noise import shared_noise
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path

#: Largest difference from PyTorch's values, which are in [-1, 1].
PARITY = 1e-4
OPSET = 18


class Program(nn.Module):
    """What is exported: motions, times and labels in, videos out.

    Args:
        generator: Generator, in evaluation mode.
        ramp: Weight of the action embedding, from the generator's card.
        vectors: Whether motions are vectors m, as in a motion file, in place of noise z_m.
    """

    def __init__(
        self, generator: ConditionalStyleVideoGenerator, ramp: float, vectors: bool = False
    ) -> None:
        super().__init__()
        self.generator, self.ramp, self.vectors = generator, ramp, vectors
        # Drawn here: drawing would become part of the program.
        noise = shared_noise(generator, "fixed")
        self.noise = nn.ParameterList(nn.Parameter(n, requires_grad=False) for n in noise)

    def forward(
        self,
        motion: Tensor,
        times: Tensor,
        actors: Tensor | None = None,
        actions: Tensor | None = None,
        content: Tensor | None = None,
    ) -> Tensor:
        """Render videos (B, T, 3, H, W) in [-1, 1].

        Args:
            motion: N(0, 1) noise or motion vectors (B, k), float32.
            times: (B, T) in frames of the training clips, float64.
            actors: Numbers (B,), int64, if the generator knows actors.
            actions: Numbers (B,), int64, if it knows actions.
            content: N(0, 1) noise (B, z_c_dim), float32, if it knows no actors.
        """
        play = self.generator.render if self.vectors else self.generator.forward
        noise = list(self.noise)
        return play(motion, times, actors, actions, content, self.ramp, noise).clamp(-1, 1)

    def example(self, batch: int, length: int) -> dict[str, Tensor]:
        """Draw inputs for ``batch`` videos of ``length`` frames, always the same ones."""
        g, random = self.generator, torch.Generator().manual_seed(batch)
        found = {
            "motion": torch.randn(batch, g.motion_dim, generator=random),
            "times": torch.rand(batch, length, generator=random, dtype=torch.float64) * 30,
        }
        for name, count in (("actors", g.num_actors), ("actions", g.num_actions)):
            if count:
                found[name] = torch.randint(count, (batch,), generator=random)
        if g.z_c_dim:
            found["content"] = torch.randn(batch, g.z_c_dim, generator=random)
        return found


def export(inferencer: CTSVGInferencer, path: str | Path, vectors: bool = False) -> float:
    """Write a generator as one program with its card inside, if it gives what PyTorch gives.

    Numbers of videos and of frames are free. The noise of the layers is that of seed 0, the same in
    all frames. The card is the text ``mmctsvg`` of the ONNX metadata, or of the extra files of
    `torch.export.load`.

    Args:
        inferencer: Generator on the CPU, without a tuning.
        path: Path that ends in ``.onnx`` or ``.pt2``, a program of `torch.export`.
        vectors: Whether motions are vectors m, as in a motion file, in place of noise z_m.

    Returns:
        Largest difference from PyTorch, of values in [-1, 1].

    Raises:
        UserError: If the ending is another one, a package is missing, or the program's values
            differ from PyTorch's by more than `PARITY`; nothing is written then.
    """
    path = Path(path)
    if path.suffix not in _KINDS:
        raise UserError(f"{path}: a program is written as .onnx or .pt2, not as '{path.suffix}'.")
    write, play = _KINDS[path.suffix]
    program = Program(inferencer.generator, inferencer.card["ramp"], vectors).eval()
    card = {**inferencer.card, "motion": "vectors" if vectors else "noise"}
    with atomic_path(path) as temporary:
        write(_trace(program), {CARD_KEY: json.dumps(card)}, temporary)
        difference = _difference(program, play(temporary))
        if not difference <= PARITY:  # NaN neither
            raise UserError(
                f"{path}: not written, its frames would differ by {difference:.1g} from PyTorch's, "
                f"more than {PARITY:g}; report it with the versions of torch and onnxruntime."
            )
    return difference


def _trace(program: Program) -> torch.export.ExportedProgram:
    # Sizes of 1 would be taken for constants.
    inputs, batch, time = program.example(2, 3), torch.export.Dim("batch"), torch.export.Dim("time")
    free = {name: {0: batch, 1: time} if name == "times" else {0: batch} for name in inputs}
    with torch.no_grad(), _quietly():
        return torch.export.export(program, (), inputs, dynamic_shapes=free, strict=False)


@torch.no_grad()
def _difference(program: Program, play) -> float:
    found = []
    for batch, length in ((1, 1), (3, 5)):
        inputs = program.example(batch, length)
        played = play({name: x.numpy() for name, x in inputs.items()})
        found.append(np.abs(program(**inputs).numpy() - played).max())
    return float(np.max(found))  # which keeps NaN


def _write_onnx(traced: torch.export.ExportedProgram, texts: Mapping[str, str], path: Path) -> None:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        need(name)
    with _quietly():
        found = torch.onnx.export(
            traced, opset_version=OPSET, output_names=["videos"], dynamo=True, verbose=False
        )
    for value in (*found.model.graph.inputs, *found.model.graph.outputs):
        for axis, (size, name) in enumerate(zip(value.shape, ("batch", "time"), strict=False)):
            if not isinstance(size, int):
                value.shape[axis] = name
    found.model.metadata_props.update(texts)
    found.save(str(path))


def _play_onnx(path: Path):
    session = open_session(path.read_bytes())
    return lambda inputs: session.run(None, inputs)[0]


def _write_program(
    traced: torch.export.ExportedProgram, texts: Mapping[str, str], path: Path
) -> None:
    with _quietly():
        torch.export.save(traced, path, extra_files=dict(texts))


def _play_program(path: Path):
    with _quietly():
        module = torch.export.load(path).module()
    return lambda inputs: module(**{k: torch.from_numpy(x) for k, x in inputs.items()}).numpy()


_KINDS = {".onnx": (_write_onnx, _play_onnx), ".pt2": (_write_program, _play_program)}


def open_session(model: bytes):
    """Open an ONNX model in onnxruntime, on one thread of the CPU.

    Raises:
        UserError: If onnxruntime is missing.
    """
    onnxruntime = need("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def need(name: str) -> ModuleType:
    """Import a package of the extra ``export``.

    Raises:
        UserError: If it is missing.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f"the package {name} is missing: pip install 'mmctsvg[export]'.") from error


@contextlib.contextmanager
def _quietly():
    """Keep what PyTorch tells its own developers."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
