"""Changes of a config that come from the command line."""

import argparse
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config, DictAction

from mmctsvg.engine.config import load_config
from mmctsvg.utils.errors import UserError


def read_config(args: argparse.Namespace, options: Mapping[str, Any] | None = None) -> Config:
    """Return the config of a command, with its changes.

    Args:
        args: Arguments of the command: ``config``, ``cfg_options``.
        options: Changes that come before those of the command line.

    Raises:
        UserError: For a config or a change that cannot be meant.
    """
    return load_config(args.config, {**(options or {}), **parse_options(args.cfg_options)})


def parse_options(words: list[str]) -> dict[str, Any]:
    """Read keys and values of words ``key=value``, as MMEngine's `DictAction` does.

    Raises:
        UserError: For a bracket too many or too few.
    """
    options = {}
    for word in words:
        key, _, value = word.partition("=")
        try:
            options[key] = DictAction._parse_iterable(value)
        except AssertionError as error:  # all that MMEngine says of a bracket too many
            raise UserError(
                f"--cfg-options {word}: a bracket is missing; quote lists, for example "
                '"a.b=[1, 2]".'
            ) from error
    return options
