"""What can be done with a motion once it is known: its waves one by one."""

from .waves import Waves

__all__ = ["Waves"]
