"""Reads configs and changes them, refusing what cannot be meant."""

import copy
import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmctsvg.utils.errors import UserError

#: Errors of a config, which is a small program.
CONFIG_ERRORS = (AttributeError, ImportError, LookupError, NameError, OSError, SyntaxError)
CONFIG_ERRORS += (TypeError, ValueError, ZeroDivisionError)
_BACKENDS = "visualizer.vis_backends"


def load_config(path: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """Read a config file and apply changes to it.

    Args:
        path: Python file of the config.
        options: Dotted keys and values, such as ``{'train_cfg.max_iters': 100}``.

    Raises:
        UserError: If the file is missing or cannot be run, a key goes nowhere, or a value is of
            another type than the one that it replaces.
    """
    path = Path(path)
    if not path.is_file():
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*.py")], 1)
        hint = f"did you mean {path.parent / near[0]}?" if near else "the configs are in configs/."
        raise UserError(f"{path}: there is no such config; {hint}")
    try:
        cfg = Config.fromfile(path)
    except UserError:
        raise
    except CONFIG_ERRORS as error:
        text = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise UserError(f"{path}: the config cannot be read ({text}).") from error
    if "vis_backends" in cfg and "visualizer" in cfg:  # other configs of OpenMMLab have both
        cfg.visualizer.vis_backends = cfg.pop("vis_backends")
    renamed = {re.sub(r"^vis_backends\b", _BACKENDS, k): v for k, v in (options or {}).items()}
    options = {k: [v] if k == _BACKENDS and isinstance(v, str) else v for k, v in renamed.items()}
    if any(key.startswith("model.switches.") for key in options) and "model" in cfg:
        cfg.model.setdefault("switches", {})  # most configs leave all of them to the preset
    for key, value in options.items():
        _check_option(cfg, key, value)
    cfg.merge_from_dict(options)
    _write_out_backends(path, cfg)
    return cfg


def _write_out_backends(path: Path, cfg: Config) -> None:
    """Turn names of the visualizer's backends into their configs."""
    backends = (cfg.get("visualizer") or {}).get("vis_backends")
    if isinstance(backends, list | tuple):
        backends = [{"type": b} if isinstance(b, str) else b for b in backends]
        for backend in backends:
            if not isinstance(backend, dict):
                raise UserError(
                    f"{path}: visualizer.vis_backends: {backend!r} is no backend; take names such "
                    "as TensorboardVisBackend, or dict(type=..., ...) with arguments."
                )
        cfg.visualizer.vis_backends = backends


def without_start(cfg: Config) -> Config:
    """Return a copy of a config that describes a training, not how this run of it was started.

    It has neither the work dir and the launcher of the run nor the checkpoint that it resumed, so
    that another training from it begins from the start; weights to start from stay.

    Args:
        cfg: Config of a run; ``initial_weights`` is what ``load_from`` was before it was resumed.
    """
    cfg = copy.deepcopy(cfg)
    initial_weights = cfg.pop("initial_weights", None)
    if not cfg.get("resume"):
        initial_weights = cfg.get("load_from")
    for key in ("work_dir", "launcher"):
        cfg.pop(key, None)
    cfg.update(resume=False, load_from=initial_weights)
    return cfg


def _check_option(cfg: Config, key: str, value: Any) -> None:
    node: Any = cfg
    *path, last = key.split(".")
    for depth, part in enumerate(path, 1):
        where = ".".join(path[:depth])
        node = _child(node, part, where, key)
        if not isinstance(node, dict | list | tuple):
            raise UserError(f"option {key}: {where} is {node!r} and has no part {last!r}.")
    if isinstance(node, dict) and path and last not in node:
        return  # an argument with a default; its component refuses it if there is no such argument
    old = _child(node, last, key, key)
    if old is None or value is None:
        return
    if not _same_kind(old, value):
        raise UserError(
            f"option {key}={value}: it must be a {type(old).__name__} like {old!r}, "
            f"not a {type(value).__name__}."
        )


def _child(node: Any, part: str, where: str, key: str) -> Any:
    if isinstance(node, list | tuple):
        if part.isdecimal() and int(part) < len(node):
            return node[int(part)]
        raise UserError(f"option {key}: {where} must be a number below {len(node)}.")
    if part not in node:
        near = difflib.get_close_matches(part, list(node), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(node))}."
        raise UserError(f"option {key}: the config has no {where}; {hint}")
    return node[part]


def _same_kind(old: Any, new: Any) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return isinstance(old, bool) and isinstance(new, bool)
    if isinstance(old, int | float):
        # A few numbers have a named alternative, such as stride='official'.
        return isinstance(new, int | float) or new in ("paper", "official")
    if isinstance(old, list | tuple):
        return isinstance(new, list | tuple)
    return isinstance(new, dict) == isinstance(old, dict)


@contextmanager
def config_errors(path: str | Path) -> Iterator[None]:
    """Turn refusals of components that are built from a config into errors of the user.

    Args:
        path: Config that the error names.

    Raises:
        UserError: For a wrong value, an argument that a component does not have, a component that
            does not exist, or one that needs a package that is not installed, or more memory than
            there is.
    """
    try:
        yield
    except UserError:
        raise
    except (ImportError, TypeError, ValueError) as error:
        if isinstance(error, TypeError) and "argument" not in str(error):
            raise
        raise UserError(f"{path}: {' '.join(str(error).split())}") from error
    except RuntimeError as error:
        if "memory" not in str(error):
            raise
        raise UserError(
            f"{path}: what it describes does not fit into the memory; make it smaller"
        ) from error
    except KeyError as error:
        text = str(error.args[0]) if error.args else ""
        if "is not in the" not in text:
            raise
        raise UserError(f"{path}: {text.split('. ')[0].strip()}.") from error
