"""What MMEngine lacks to train this model: the runner, the loop, the optimisers, the hooks."""

from mmengine.hooks import IterTimerHook
from mmengine.registry import VISBACKENDS
from mmengine.runner import LogProcessor
from mmengine.visualization import Visualizer

from mmctsvg import registry

from . import hooks
from .data_parallel import GANDataParallel
from .optim import LazyAdamConstructor
from .runner import CTSVGRunner
from .train_loop import ResumableIterBasedTrainLoop
from .video_val_loop import VideoValLoop

__all__ = [
    "CTSVGRunner",
    "GANDataParallel",
    "LazyAdamConstructor",
    "ResumableIterBasedTrainLoop",
    "VideoValLoop",
    "hooks",
]

# MMagic, whose registries are the parents, has others of these names. Once anything has imported
# them they would be taken: its timer tells no time left.
for _name, _part in (
    ("HOOKS", IterTimerHook),
    ("LOG_PROCESSORS", LogProcessor),
    *(("VISBACKENDS", part) for part in VISBACKENDS.module_dict.values()),
    ("VISUALIZERS", Visualizer),
):
    getattr(registry, _name).register_module(module=_part)
