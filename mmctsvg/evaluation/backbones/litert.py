"""TFLite networks on LiteRT."""

from pathlib import Path

import numpy as np

from mmctsvg.utils.errors import UserError

from ..weights import find_entry, find_weights


class LiteRTNetwork:
    """A network with one input and one output.

    Args:
        name: Name of the weights (see `mmctsvg.evaluation.weights`).
        path: Path of a local copy of the weights.
        offline: Whether weights are never fetched.
        threads: Number of threads.

    Attributes:
        weights: Description of the weights for the card.
        batch: Number of images that go through the network together.

    Raises:
        UserError: If LiteRT or the weights are missing.
    """

    def __init__(
        self, name: str, path: str | Path | None = None, offline: bool = False, threads: int = 1
    ) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter  # heavy, and optional
        except ModuleNotFoundError as error:
            raise UserError(
                f"LiteRT is missing, which runs {name}; install ai-edge-litert==2.3.0 without its "
                "dependencies"
            ) from error
        path = find_weights(name, path, offline)
        self._interpreter = Interpreter(str(path), num_threads=threads)
        self._interpreter.allocate_tensors()
        (self._input,) = self._interpreter.get_input_details()
        (self._output,) = self._interpreter.get_output_details()
        self.weights = find_entry(name).card
        self.batch = int(self._input["shape"][0])

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Compute the output for one batch."""
        self._interpreter.set_tensor(self._input["index"], images)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output["index"])
