"""A config has size, labels, seed and sampling once; here every component gets them."""

import copy
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config, ConfigDict

from mmctsvg.models.gan import VideoGAN
from mmctsvg.models.switches import PRESETS, resolve_switches
from mmctsvg.registry import MODELS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.launcher import count_processes

#: Switch of the model -> the argument of the training's data set that it decides.
DATA_SWITCHES = {"time_range": "times", "stride": "stride"}


def complete_config(cfg: Config) -> Config:
    """Return a copy of a config in which every component has what is given once.

    * The switches ``time_range`` and ``stride`` of the model, if they are ``'official'``, are the
      ``times`` and the ``stride`` of the training's data set. The stride then changes every 100
      iterations, so ``items_per_iteration`` is the batch of all processes together.
    * A ``val_dataloader.dataset`` without ``type`` is the training's data set with other arguments.
    * ``randomness.seed`` is the seed of the model and of the data sets, if they give none.

    Size and labels depend on the data: see `complete_model`.

    Args:
        cfg: Config of a training, with ``train_dataloader``.

    Raises:
        UserError: If the model's switches and the data set contradict each other.
        ValueError: If a switch or its value is unknown.
    """
    cfg = copy.deepcopy(cfg)
    loader, model = cfg.train_dataloader, cfg.get("model", {})
    switches = switches_of(model)
    for switch, argument in DATA_SWITCHES.items():
        if switch not in switches:
            continue
        value, said = switches[switch], loader.dataset.get(argument)
        if said in PRESETS and said != value:
            raise UserError(
                f"{cfg.filename or 'the config'}: train_dataloader.dataset.{argument}={said!r} "
                f"contradicts the model, whose switch {switch} is {value!r}; leave {argument} out "
                f"and give model.switches.{switch}, which decides for both"
            )
        if value == "official":
            loader.dataset[argument] = value
    if loader.dataset.get("stride") == "official":
        processes = count_processes(cfg.get("launcher", "none"))
        loader.dataset.items_per_iteration = loader.batch_size * processes
    components = [model, loader.dataset]
    if cfg.get("val_dataloader"):
        held_out = cfg.val_dataloader.dataset
        if "type" not in held_out:
            held_out = cfg.val_dataloader.dataset = ConfigDict({**loader.dataset, **held_out})
        components.append(held_out)
    seed = cfg.get("randomness", {}).get("seed")
    if seed is not None:
        for component in components:
            component.setdefault("seed", seed)
    return cfg


def method_of(model: Mapping[str, Any]) -> type[VideoGAN]:
    """Return the class of a model's config: `CTSVG` where it names none, or none that is known."""
    return MODELS.get(model.get("type", "CTSVG")) or MODELS.get("CTSVG")


def switches_of(model: Mapping[str, Any]) -> dict[str, str]:
    """Return the value of every switch of a model's config.

    Raises:
        ValueError: If the preset, a switch or its value is unknown.
    """
    preset, known = model.get("preset", "paper"), method_of(model).SWITCHES
    return resolve_switches(preset, known, **(model.get("switches") or {}))


def complete_model(model: Mapping[str, Any], metainfo: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of a model with the size and labels of its data, if it has none.

    A generator with a ``size`` of its own belongs to an older config, in which the networks say
    everything: labels that it leaves out are no condition.

    Args:
        model: Config of the model.
        metainfo: ``metainfo`` of its data set: size of the frames, names of actors and actions.
    """
    older = "size" in model.get("generator", {})
    labels = {f"num_{what}": 0 if older else len(metainfo[what]) for what in ("actors", "actions")}
    return {"size": metainfo["size"], **labels, **model}
