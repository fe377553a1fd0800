"""Repairs for published versions of other packages that do not work together.

This is the only file of mmctsvg that knows of them. Every function says which versions it is for,
does nothing where nothing is broken, and may be called any number of times.
"""

import functools
import importlib.util
import os
import pkgutil
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

# The operators that torchvision's Python code expects from its C++ library.
_TORCHVISION_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

# A torch.library.Library withdraws its operators when it is collected.
_torchvision_library: torch.library.Library | None = None


def repair() -> None:
    """Apply the repairs that every program needs; ``import mmctsvg.registry`` calls this."""
    repair_pkg_resources()
    repair_pkgutil()
    if _package_folder("mmagic") or _package_folder("mmaction"):
        repair_numpy()
    repair_torchvision()
    repair_checkpoints()


class _LastFinder:
    """Finder of what no other one finds: `_pkg_resources` under the name that it stands in for."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != "pkg_resources":
            return None
        stand_in = Path(__file__).with_name("_pkg_resources.py")
        return importlib.util.spec_from_file_location(name, stand_in)


def repair_pkg_resources() -> None:
    """Give a stand-in to packages that import ``pkg_resources``, where there is none.

    For: mmengine 0.10.7 and face_recognition_models 0.3.0 with setuptools >= 82, which has it no
    longer, or without setuptools, which environments of Python 3.12 and later begin without.
    """
    if _LastFinder not in sys.meta_path:
        sys.meta_path.append(_LastFinder)


def repair_pkgutil() -> None:
    """Put ``pkgutil.find_loader`` back.

    For: mmengine 0.10.7 (its report of the environment) and mmcv 2.1.0 with Python >= 3.14, which
    has it no longer.
    """
    if not hasattr(pkgutil, "find_loader"):

        def find_loader(name: str) -> Any:
            spec = importlib.util.find_spec(name)
            return spec and spec.loader

        pkgutil.find_loader = find_loader


def repair_numpy() -> None:
    """Put names back that NumPy 2 dropped, each another name of something that it has.

    For: mmagic 1.2.0 (``bool8``) and mmaction2 1.2.0 (``Inf``, ``NAN``, ``in1d``, ``trapz``) with
    numpy >= 2.0, or 2.4 for the last two.
    """
    names = dict(bool8="bool_", Inf="inf", NAN="nan", in1d="isin", trapz="trapezoid")
    for old, new in names.items():
        if old not in vars(np) and hasattr(np, new):
            setattr(np, old, getattr(np, new))


def _package_folder(name: str) -> Path | None:
    """Find the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def repair_torchvision() -> bool:
    """Make ``import torchvision`` succeed beside a torch without CUDA.

    For: torchvision 0.28.0 as published (built for CUDA) with torch 2.13.0+cpu. The C++ library of
    torchvision does not load without CUDA's libraries, and its import then stops with "operator
    torchvision::nms does not exist"; MMEngine's Runner imports torchvision to report the
    environment. Declaring the two operators before that import is enough for models, transforms and
    utils. They stay without an implementation: ``torchvision.ops.nms`` still cannot be computed.

    Returns:
        Whether the operators were declared by this call.
    """
    global _torchvision_library
    folder = _package_folder("torchvision")
    if _torchvision_library is not None or "torchvision" in sys.modules or folder is None:
        return False
    try:
        for library in folder.glob("_C*.so"):
            torch.ops.load_library(library)
    except OSError:
        _torchvision_library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _TORCHVISION_SCHEMAS:
            _torchvision_library.define(schema)
        return True
    return False


def _history_state(buffer: Any) -> dict[str, Any]:
    """Return the state of a HistoryBuffer in types that ``torch.load(weights_only=True)`` reads."""
    return {
        "max_length": buffer.max_length,
        "log_history": torch.as_tensor(buffer._log_history, dtype=torch.float64),
        "count_history": torch.as_tensor(buffer._count_history, dtype=torch.float64),
    }


def _set_history_state(buffer: Any, state: dict[str, Any]) -> None:
    """Restore a result of `_history_state`, or the state of an unrepaired HistoryBuffer."""
    buffer._set_default_statistics()
    if "log_history" not in state:
        buffer._statistics_methods.update(state.pop("statistics_methods", {}))
        buffer.__dict__.update(state)
        return
    buffer.max_length = state["max_length"]
    # torch.load may have put all tensors on a GPU.
    buffer._log_history = state["log_history"].cpu().numpy()
    buffer._count_history = state["count_history"].cpu().numpy()


def repair_checkpoints() -> None:
    """Make MMEngine's checkpoints readable by ``torch.load(weights_only=True)``.

    For: mmengine 0.10.7 with torch >= 2.6, where ``torch.load`` reads weights only. Checkpoints
    hold HistoryBuffers, which hold NumPy arrays and their own methods (readable only by allowing
    ``builtins.getattr``), and NumPy scalars such as the time left. Here a HistoryBuffer writes
    plain tensors, MessageHub writes Python numbers, and the class HistoryBuffer is the one type
    added to those that torch accepts.
    """
    from mmengine.logging import HistoryBuffer, MessageHub

    torch.serialization.add_safe_globals([HistoryBuffer])
    if HistoryBuffer.__getstate__ is _history_state:
        return
    HistoryBuffer.__getstate__ = _history_state
    HistoryBuffer.__setstate__ = _set_history_state
    numpy_state_dict = MessageHub.state_dict

    @functools.wraps(numpy_state_dict)
    def state_dict(self: MessageHub) -> dict[str, Any]:
        state = numpy_state_dict(self)
        info = state["runtime_info"]
        info.update({k: v.item() for k, v in info.items() if isinstance(v, np.generic)})
        return state

    MessageHub.state_dict = state_dict


def init_process_group_cpu() -> bool:
    """Join the processes that torchrun started on a machine without a GPU.

    For: mmengine 0.10.7, whose own start of a process group calls ``torch.cuda.set_device``
    whatever the backend. A group that exists already is left alone by the Runner, so this must be
    called before the Runner is built.

    Returns:
        Whether this call started the group: not with CUDA, outside of torchrun, or when one exists.
    """
    distributed = torch.distributed
    if torch.cuda.is_available() or "WORLD_SIZE" not in os.environ:
        return False
    if not distributed.is_available() or distributed.is_initialized():
        return False
    distributed.init_process_group("gloo")
    return True


def repair_mmaction() -> bool:
    """Make ``import mmaction.models`` succeed.

    For: mmaction2 1.2.0, whose wheel lacks the package ``mmaction.models.localizers.drn`` that it
    imports. An empty package takes its place, whose localizer DRN raises an ImportError when built.

    Returns:
        Whether this call put the empty package in place.
    """
    repair_torchvision()  # which mmaction.models imports
    package = "mmaction.models.localizers.drn"
    folder = _package_folder("mmaction")
    if folder is None or package in sys.modules:
        return False
    if (folder / "models" / "localizers" / "drn").is_dir():
        return False

    class DRN:
        """Localizer that the wheel of mmaction2 1.2.0 leaves out."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            raise ImportError("mmaction2 1.2.0 was published without DRN; install it from source")

    outer, inner = ModuleType(package), ModuleType(f"{package}.drn")
    outer.__path__ = []
    outer.drn, inner.DRN = inner, DRN
    sys.modules[package], sys.modules[inner.__name__] = outer, inner
    return True
