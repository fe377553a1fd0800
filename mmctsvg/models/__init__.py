"""The algorithm, its generator and its discriminators."""

from .ctsvg import CTSVG
from .discriminators import ShuffleDiscriminator, TimeConditionedProjectionDiscriminator
from .generators import ConditionalStyleVideoGenerator, Time2Vec, Time2VecMotionMapper

__all__ = [
    "CTSVG",
    "ConditionalStyleVideoGenerator",
    "ShuffleDiscriminator",
    "Time2Vec",
    "Time2VecMotionMapper",
    "TimeConditionedProjectionDiscriminator",
]
