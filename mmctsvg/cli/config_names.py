"""Finds configs by their names."""

import argparse
import difflib
from pathlib import Path

import mmctsvg


def config_folders() -> list[Path]:
    """Return the folders of configs: here, and with the package, installed or as a checkout."""
    package = Path(mmctsvg.__file__).parent
    installed = package / ".mim"
    root = installed if installed.is_dir() else package.parent
    return [Path("configs"), root / "configs"]


def find_config(name: str) -> Path:
    """Type for argparse: a config by its path, also below a folder ``configs``, without ``.py``.

    Raises:
        argparse.ArgumentTypeError: If there is none, naming one that is spelt alike.
    """
    given = Path(name)
    folders = config_folders()
    # `configs/NAME.py` is what the docs say; it may be typed anywhere.
    wanted = [given, *(place / given for folder in folders for place in (folder, folder.parent))]
    for path in wanted:
        for file in (path, path.with_name(f"{path.name}.py")):
            if file.is_file():
                return file
    known = {path.name: path for folder in folders for path in folder.glob("*.py")}
    known |= {path.name: path for path in given.parent.glob("*.py")}
    near = difflib.get_close_matches(f"{given.name.removesuffix('.py')}.py", known, 1)
    hint = f"did you mean {known[near[0]]}?" if near else "the configs are in configs/"
    raise argparse.ArgumentTypeError(f"{name}: there is no such config; {hint}")
