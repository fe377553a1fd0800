"""Errors that a user can mend, and notes for users."""


class UserError(ValueError):
    """Wrong input of a user.

    The message is one sentence that names the file or the argument, its value, and what would be
    right. Commands show it without a traceback (:mod:`mmctsvg.cli.errors`).
    """


class UnwritableError(UserError):
    """A file that cannot be written: the disc is full, or the place is wrong."""


class UserNote(UserWarning):
    """Something that a user may not expect, in one sentence; commands show it as one line."""
