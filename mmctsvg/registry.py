"""Registries with the scope ``mmctsvg``: children of MMagic's, which are children of MMEngine's.

Importing this module is fast. A registry imports its ``locations`` at its first look-up, so configs
need no ``custom_imports``. A name that is not found here is looked up in MMagic's registry and then
in MMEngine's, without importing MMagic's models; ``mmagic.NAME`` selects those explicitly. Where
MMagic is not installed, MMEngine's registries are the parents.
"""

import warnings
from types import ModuleType

import mmengine.registry as mmengine
from mmengine.registry import Registry

from .utils.compat import repair
from .utils.errors import UserNote

# Before anything can import torchvision or write a checkpoint: all components import this module,
# and so does MMEngine for the default scope.
repair()


def _find_mmagic() -> ModuleType | None:
    """Return MMagic's registries, or None without MMagic or the MMCV that it needs."""
    try:
        import mmagic.registry
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mmagic", "mmcv"):
            raise
        return None
    except AssertionError as error:  # that MMCV or MMEngine is one that it was made for
        warnings.warn(f"MMagic is left aside: {error}", UserNote, stacklevel=3)
        return None
    return mmagic.registry


_mmagic = _find_mmagic()


def _child(kind: str, *locations: str) -> Registry:
    """Make the registry below MMagic's ``kind`` for components of the modules ``locations``."""
    # MMagic has no registries for inferencers and functions, MMEngine one evaluator.
    parents = (getattr(package, kind, None) for package in (_mmagic, mmengine))
    parent = next((found for found in parents if found is not None), mmengine.EVALUATOR)
    return Registry(parent.name, parent=parent, scope="mmctsvg", locations=list(locations))


# Networks, and the algorithm that trains them.
MODELS = _child(
    "MODELS",
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
MODEL_WRAPPERS = _child("MODEL_WRAPPERS", "mmctsvg.engine")
WEIGHT_INITIALIZERS = _child("WEIGHT_INITIALIZERS")
TASK_UTILS = _child("TASK_UTILS")

# Clips, and the order of sampling.
DATASETS = _child("DATASETS", "mmctsvg.datasets")
DATA_SAMPLERS = _child("DATA_SAMPLERS", "mmctsvg.datasets")
TRANSFORMS = _child("TRANSFORMS")

# The run.
RUNNERS = _child("RUNNERS", "mmctsvg.engine")
RUNNER_CONSTRUCTORS = _child("RUNNER_CONSTRUCTORS")
LOOPS = _child("LOOPS", "mmctsvg.engine")
HOOKS = _child("HOOKS", "mmctsvg.engine")
LOG_PROCESSORS = _child("LOG_PROCESSORS", "mmctsvg.engine")
OPTIMIZERS = _child("OPTIMIZERS")
OPTIM_WRAPPERS = _child("OPTIM_WRAPPERS", "mmctsvg.engine")
OPTIM_WRAPPER_CONSTRUCTORS = _child("OPTIM_WRAPPER_CONSTRUCTORS", "mmctsvg.engine")
PARAM_SCHEDULERS = _child("PARAM_SCHEDULERS")

# Measures of the result.
METRICS = _child("METRICS", "mmctsvg.evaluation.metrics")
EVALUATORS = _child("EVALUATORS")

# Videos and curves.
VISUALIZERS = _child("VISUALIZERS", "mmctsvg.engine")
VISBACKENDS = _child("VISBACKENDS", "mmctsvg.engine")

# How videos are made by hand.
INFERENCERS = _child("INFERENCERS", "mmctsvg.apis")
FUNCTIONS = _child("FUNCTIONS")
