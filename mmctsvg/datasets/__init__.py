"""Datasets of triplets of frames, and the sampler that counts them."""

from .mead import MEADDataset
from .ravdess import RAVDESSDataset
from .samplers import CounterSampler
from .synth_actors import SynthActorsDataset
from .triplet_dataset import Clip, TripletDataset, check_sampling
from .triplet_video_dataset import TripletVideoDataset
from .utd_mhad import UTDMHADDataset
from .weizmann import WeizmannDataset

__all__ = [
    "Clip",
    "CounterSampler",
    "MEADDataset",
    "RAVDESSDataset",
    "SynthActorsDataset",
    "TripletDataset",
    "TripletVideoDataset",
    "UTDMHADDataset",
    "WeizmannDataset",
    "check_sampling",
]
