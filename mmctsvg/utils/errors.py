"""Errors that a user can mend, and how the tools show them."""

import functools
import sys
from collections.abc import Callable


class UserError(Exception):
    """Something that the user gave is wrong.

    The message is one sentence that names the file or the argument, its value, and what would be
    right. Tools show it without a traceback (:func:`cli`).
    """


def cli(main: Callable) -> Callable:
    """Wrap a tool's ``main``: errors of the user end it with one line instead of a traceback.

    A :class:`UserError` prints ``error: <sentence>`` to stderr and exits with code 2, Ctrl-C exits
    with code 130; every other exception is a defect of ours and propagates with its traceback.

    Args:
        main: the function to wrap.

    Returns:
        The function with the same arguments.
    """

    @functools.wraps(main)
    def wrapped(*args, **kwargs):
        try:
            return main(*args, **kwargs)
        except UserError as error:
            print(f"error: {_sentence(error)}", file=sys.stderr)
            raise SystemExit(2) from None
        except KeyboardInterrupt:
            print("error: interrupted", file=sys.stderr)
            raise SystemExit(130) from None

    return wrapped


def _sentence(error: UserError) -> str:
    # A data loader hands on what its processes raise with their tracebacks inside of the message.
    text = str(error)
    if text.startswith(f"Caught {type(error).__name__} in "):
        return text.rpartition(f"{type(error).__name__}: ")[2].strip()
    return text
