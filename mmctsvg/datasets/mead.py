"""MEADDataset: talking faces, 8 emotions."""

import re

from mmctsvg.registry import DATASETS

from .clip_list import Layout
from .triplet_video_dataset import TripletVideoDataset

_EMOTIONS = ("angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised")


@DATASETS.register_module()
class MEADDataset(TripletVideoDataset):
    """MEAD, frontal views, cropped to faces.

    The label is the emotion in alphabetical order; persons are numbered in the order of their
    names. A folder tree is ``M003_front/angry/level_1/001`` (a folder of pictures) or, as
    published, ``M003/video/front/angry/level_1/001.mp4``.
    """

    ACTION_NAMES = _EMOTIONS
    LAYOUT = Layout(
        pattern=re.compile(
            r"(?:^|/)(?P<actor>[MW]\d+(?:_front)?)/(?:video/front/)?(?P<action>[a-z]+)"
            r"/level_\d/[^/]+$"
        ),
        shape="M003_front/EMOTION/level_1/CLIP",
        actions={name: number for number, name in enumerate(_EMOTIONS)},
        converter="mead",
    )
