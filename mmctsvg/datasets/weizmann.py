"""WeizmannDataset: whole bodies, 4 actions."""

import re

from mmctsvg.registry import DATASETS

from .clip_list import Layout
from .triplet_video_dataset import TripletVideoDataset

_ACTIONS = ("wave1", "wave2", "jack", "bend")


@DATASETS.register_module()
class WeizmannDataset(TripletVideoDataset):
    """The Weizmann human actions that MoCoGAN uses.

    The label is 0 one hand waving, 1 both hands waving, 2 jumping jack, 3 bending. A folder tree is
    ``ACTOR/ACTION`` or ``ACTOR/ACTION/CLIP``, each a folder of pictures or a video.
    """

    ACTION_NAMES = _ACTIONS
    LAYOUT = Layout(
        pattern=re.compile(r"^(?P<actor>[^/]+)/(?P<action>[^/]+)(?:/[^/]+)?$"),
        shape="ACTOR/ACTION",
        actions={name: number for number, name in enumerate(_ACTIONS)},
    )
