"""Datasets of triplets of frames, and the sampler that counts them."""

from .grid import GRIDDataset
from .mead import MEADDataset
from .ravdess import RAVDESSDataset
from .samplers import CounterSampler
from .skeleton_frames import SkeletonFrames
from .synth_actors import SynthActorsDataset
from .triplet_dataset import Clip, TripletDataset, check_sampling
from .triplet_video_dataset import TripletVideoDataset
from .utd_mhad import UTDMHADDataset
from .weizmann import WeizmannDataset

__all__ = [
    "Clip",
    "CounterSampler",
    "GRIDDataset",
    "MEADDataset",
    "RAVDESSDataset",
    "SkeletonFrames",
    "SynthActorsDataset",
    "TripletDataset",
    "TripletVideoDataset",
    "UTDMHADDataset",
    "WeizmannDataset",
    "check_sampling",
]
