"""The systems that the paper compares with, written anew."""

from .generator import BaselineGenerator, MotionNoise

__all__ = ["BaselineGenerator", "MotionNoise"]
