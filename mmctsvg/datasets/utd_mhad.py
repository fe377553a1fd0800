"""UTDMHADDataset: whole bodies, 27 actions."""

import re

from mmctsvg.registry import DATASETS

from .clip_list import Layout
from .triplet_video_dataset import TripletVideoDataset

_ACTIONS = (
    "swipe left",
    "swipe right",
    "wave",
    "clap",
    "throw",
    "cross arms",
    "basketball shoot",
    "draw x",
    "draw circle clockwise",
    "draw circle counter-clockwise",
    "draw triangle",
    "bowling",
    "boxing",
    "baseball swing",
    "tennis swing",
    "arm curl",
    "tennis serve",
    "push",
    "knock",
    "catch",
    "pick up and throw",
    "jog",
    "walk",
    "sit to stand",
    "stand to sit",
    "lunge",
    "squat",
)


@DATASETS.register_module()
class UTDMHADDataset(TripletVideoDataset):
    """UTD-MHAD, colour videos or depth.

    The label is the number of the action in the official order less one. A folder tree is as
    published: ``a1_s1_t1_color.avi`` anywhere below the root (or ``_depth``, where somebody has
    drawn videos of it), or folders of pictures of that name. The colour videos are 640x480: crop
    them, or use ``crop='center'``.
    """

    ACTION_NAMES = _ACTIONS
    LAYOUT = Layout(
        pattern=re.compile(r"(?:^|/)a(?P<action>\d+)_(?P<actor>s\d+)_t\d+(?:_color|_depth)?$"),
        shape="a1_s1_t1_color (action, subject, trial)",
        actions={str(number): number - 1 for number in range(1, len(_ACTIONS) + 1)},
        converter="utd_mhad",
    )
