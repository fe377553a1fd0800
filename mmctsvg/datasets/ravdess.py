"""RAVDESSDataset: acted speech and song, 8 emotions."""

import re

from mmctsvg.registry import DATASETS

from .clip_list import Layout
from .triplet_video_dataset import TripletVideoDataset

_EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")


@DATASETS.register_module()
class RAVDESSDataset(TripletVideoDataset):
    """RAVDESS, cropped to faces.

    The label is the third number of a clip's name less one. A folder tree is as published:
    ``Actor_01/02-01-06-01-02-01-01.mp4`` or a folder of pictures of that name. The published set
    has every clip with sound (01-...) and without (02-...): keep one of the two.
    """

    ACTION_NAMES = _EMOTIONS
    LAYOUT = Layout(
        pattern=re.compile(
            r"(?:^|/)(?P<actor>Actor_\d+)/0[12]-0[12]-(?P<action>\d\d)-\d\d-\d\d-\d\d-\d\d$"
        ),
        shape="Actor_01/02-01-EMOTION-01-02-01-01",
        actions={f"{number:02d}": number - 1 for number in range(1, len(_EMOTIONS) + 1)},
        converter="ravdess",
    )
