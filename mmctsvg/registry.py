"""Registries with the scope ``mmctsvg``: children of MMagic's, which are children of MMEngine's.

Importing this module is fast. A registry imports its ``locations`` at its first look-up, so configs
need no ``custom_imports``. A name that is not found here is looked up in MMagic's registry and then
in MMEngine's, without importing MMagic's models; ``mmagic.NAME`` selects those explicitly.
"""

import mmengine.registry as mmengine
from mmengine.registry import Registry

from .utils.compat import repair
from .utils.errors import UserError

# Before anything can import torchvision or write a checkpoint: all components import this module,
# and so does MMEngine for the default scope.
repair()

try:
    import mmagic.registry as mmagic
except ModuleNotFoundError as error:
    missing = (error.name or "").partition(".")[0]
    if missing not in ("mmagic", "mmcv"):
        raise
    raise UserError(
        f"{missing} is missing, which mmctsvg builds on; install MMCV with its ops and MMagic "
        "by `python tools/build_mmcv.py` and `pip install --no-deps mmagic==1.2.0`"
    ) from error


def _child(parent: Registry, *locations: str) -> Registry:
    """Make the registry below ``parent`` for components of the modules ``locations``."""
    return Registry(parent.name, parent=parent, scope="mmctsvg", locations=list(locations))


# Networks, and the algorithm that trains them.
MODELS = _child(
    mmagic.MODELS,
    *(
        f"mmctsvg.models.{module}"
        for module in (
            "ctsvg",
            "generators",
            "discriminators",
            "baselines.imaginator",
            "baselines.mocogan_hd",
            "baselines.stylegan2_images",
            "baselines.stylegan_v",
        )
    ),
    "mmctsvg.evaluation.backbones.heatmap",
)
MODEL_WRAPPERS = _child(mmagic.MODEL_WRAPPERS, "mmctsvg.engine")
WEIGHT_INITIALIZERS = _child(mmagic.WEIGHT_INITIALIZERS)
TASK_UTILS = _child(mmagic.TASK_UTILS)

# Clips, and the order of sampling.
DATASETS = _child(mmagic.DATASETS, "mmctsvg.datasets")
DATA_SAMPLERS = _child(mmagic.DATA_SAMPLERS, "mmctsvg.datasets")
TRANSFORMS = _child(mmagic.TRANSFORMS)

# The run.
RUNNERS = _child(mmagic.RUNNERS, "mmctsvg.engine")
RUNNER_CONSTRUCTORS = _child(mmagic.RUNNER_CONSTRUCTORS)
LOOPS = _child(mmagic.LOOPS, "mmctsvg.engine")
HOOKS = _child(mmagic.HOOKS, "mmctsvg.engine")
LOG_PROCESSORS = _child(mmagic.LOG_PROCESSORS, "mmctsvg.engine")
OPTIMIZERS = _child(mmagic.OPTIMIZERS)
OPTIM_WRAPPERS = _child(mmagic.OPTIM_WRAPPERS, "mmctsvg.engine")
OPTIM_WRAPPER_CONSTRUCTORS = _child(mmagic.OPTIM_WRAPPER_CONSTRUCTORS, "mmctsvg.engine")
PARAM_SCHEDULERS = _child(mmagic.PARAM_SCHEDULERS)

# Measures of the result.
METRICS = _child(mmagic.METRICS, "mmctsvg.evaluation.metrics")
EVALUATORS = _child(mmagic.EVALUATORS)

# Videos and curves.
VISUALIZERS = _child(mmagic.VISUALIZERS, "mmctsvg.engine")
VISBACKENDS = _child(mmagic.VISBACKENDS, "mmctsvg.engine")

# MMagic has no registries of these two kinds, so their parents are MMEngine's.
INFERENCERS = _child(mmengine.INFERENCERS, "mmctsvg.apis")
FUNCTIONS = _child(mmengine.FUNCTIONS)
