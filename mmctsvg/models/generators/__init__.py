"""The generator: time2vec and F_t, F_c, the synthesis network, and all of them together."""

from .conditional_style_video_generator import ConditionalStyleVideoGenerator
from .content import ContentMapper
from .synthesis import SynthesisNetwork
from .time2vec import Time2Vec, Time2VecMotionMapper

__all__ = [
    "ConditionalStyleVideoGenerator",
    "ContentMapper",
    "SynthesisNetwork",
    "Time2Vec",
    "Time2VecMotionMapper",
]
