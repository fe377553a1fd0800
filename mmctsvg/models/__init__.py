"""The algorithms, their generators and their discriminators.

Names are looked up when they are asked for: whoever renders with a generator needs neither the
algorithm, which MMEngine's models come with, nor its discriminators.
"""

import importlib
from typing import Any

_MODULES = {
    "CTSVG": "ctsvg",
    "ConditionalStyleVideoGenerator": "generators",
    "ImaGINator": "baselines.imaginator",
    "ImaGINatorGenerator": "baselines.imaginator_networks",
    "MMagicImageGenerator": "baselines.image_generators",
    "MoCoGANHD": "baselines.mocogan_hd",
    "MoCoGANHDGenerator": "baselines.mocogan_hd_generator",
    "ShuffleDiscriminator": "discriminators",
    "StyleGAN2Images": "baselines.stylegan2_images",
    "StyleGANV": "baselines.stylegan_v",
    "StyleGANVGenerator": "baselines.stylegan_v_generator",
    "StyleImageGenerator": "baselines.image_generators",
    "Time2Vec": "generators",
    "Time2VecMotionMapper": "generators",
    "TimeConditionedProjectionDiscriminator": "discriminators",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
