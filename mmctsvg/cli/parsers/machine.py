"""Command lines about the machine and what is installed on it."""

from .common import Parser


def doctor(parser: Parser) -> None:
    """Say what works in this environment, and how to mend what does not.

    Shows versions, devices, the precision and threads that are used, pretrained weights that are
    there, what is missing for which command with the command that installs it, and packages that
    overwrite each other. Nothing is changed, fetched or hashed. The exit code is 0 where videos can
    be made.

    Example:
        %(prog)s
    """
