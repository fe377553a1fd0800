"""A little language for ONNX graphs: nodes are calls, constants are tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

OPSET = 18
IR_VERSION = 9  # that of this opset's time, which older runtimes read too


class Graph:
    """ONNX graph that grows node by node; values are the names of what nodes give."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, value: Tensor | np.ndarray | Sequence[int]) -> str:
        """Add a constant: a tensor, float32, or whole numbers, int64."""
        if isinstance(value, Tensor):
            array = value.detach().cpu().float().contiguous().numpy()
        else:
            array = np.asarray(value)
            array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        name = f"c{len(self._constants)}"
        self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def __call__(self, kind: str, *inputs: str | Tensor | list[int], **attributes: Any) -> str:
        """Add a node of one output; inputs that are no names become constants."""
        return self.many(kind, 1, *inputs, **attributes)[0]

    def many(
        self, kind: str, outputs: int, *inputs: str | Tensor | list[int], **attributes: Any
    ) -> list[str]:
        """Add a node of several outputs, see `__call__`."""
        names = [x if isinstance(x, str) else self.constant(x) for x in inputs]
        number = len(self._nodes)
        given = [f"n{number}_{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(kind, names, given, **attributes))
        return given

    def model(
        self,
        inputs: Mapping[str, Sequence[int | str]],
        outputs: Mapping[str, tuple[str, Sequence[int | str]]],
        metadata: Mapping[str, str],
    ) -> onnx.ModelProto:
        """Make the model of the graph, and check it.

        Args:
            inputs: Shapes by name; a text is a dimension that may have any length. All float32.
            outputs: Value and shape by name.
            metadata: Texts that the model carries.
        """
        for name, (value, _) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        shapes = {name: shape for name, (_, shape) in outputs.items()}
        given, made = (
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in part.items()]
            for part in (inputs, shapes)
        )
        graph = helper.make_graph(
            self._nodes, "mmctsvg", given, made, list(self._constants.values())
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="mmctsvg"
        )
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model)
        return model
