"""Who moves how, and when: films in which anything changes over time."""

from .retiming import TimeWarp, retime

__all__ = ["TimeWarp", "retime"]
