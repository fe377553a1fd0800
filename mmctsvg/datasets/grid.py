"""GRIDDataset: short sentences of many speakers."""

import re

from mmctsvg.registry import DATASETS

from .clip_list import Layout
from .triplet_video_dataset import TripletVideoDataset


@DATASETS.register_module()
class GRIDDataset(TripletVideoDataset):
    """The GRID corpus, cropped to faces.

    The actor is the speaker. There are no actions: what is said is motion. A folder tree is as
    given out, ``s1/bbaf2n.mpg``; its videos are 360x288: crop them, or use ``crop='center'``.
    """

    LAYOUT = Layout(
        pattern=re.compile(r"(?:^|/)(?P<actor>s\d+)/(?:[^/]+/)*[a-z1-9]{6}$"),
        shape="s1/SENTENCE",
        converter="grid",
    )
