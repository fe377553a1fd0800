"""Errors that a user can mend."""


class UserError(ValueError):
    """Wrong input of a user.

    The message is one sentence that names the file or the argument, its value, and what would be
    right. Commands show it without a traceback (:mod:`mmctsvg.cli.errors`).
    """
