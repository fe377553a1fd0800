"""The two discriminators: one scores content, the other motion."""

from .shuffle import ShuffleDiscriminator
from .time_conditioned_projection import TimeConditionedProjectionDiscriminator
from .trunk import Trunk

__all__ = ["ShuffleDiscriminator", "TimeConditionedProjectionDiscriminator", "Trunk"]
