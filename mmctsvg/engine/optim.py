"""Optimisers of the networks."""

import copy

from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapperDict
from torch import nn
from torch.optim import Optimizer

from mmctsvg.models.schedule import lazy_adam
from mmctsvg.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS
from mmctsvg.utils.numbers import check_number


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class LazyAdamConstructor:
    """One Adam per network of a `VideoGAN`, corrected for lazy regularisation.

    A resumed optimiser takes moments and steps from the checkpoint, everything else from this
    config.

    Args:
        optim_wrapper_cfg: Config ``dict(constructor='LazyAdamConstructor', optimizer=dict(type=
            'Adam', lr=..., betas=...))``; rate and betas before the correction. ``type`` becomes
            MMEngine's ``AmpOptimWrapper`` when the model trains in fp16, for its loss scaling.
        paramwise_cfg: Not supported.

    Raises:
        ValueError: If ``paramwise_cfg`` is given.
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None):
        if paramwise_cfg:
            raise ValueError("paramwise_cfg is not supported: the layers carry their own lr_mul")
        self.cfg = {k: v for k, v in optim_wrapper_cfg.items() if k != "constructor"}

    def __call__(self, model: nn.Module) -> OptimWrapperDict:
        """Build the wrappers of ``model`` (a `VideoGAN`, wrapped or not).

        Raises:
            UserError: If the rate is no number from 0 on, or a beta none from 0 to 1.
        """
        model = model.module if is_model_wrapper(model) else model
        wrappers = {}
        for name, interval in model.regularisation_intervals.items():
            cfg = copy.deepcopy(self.cfg)
            if model.precision == "fp16":
                cfg.update(type="mmengine.AmpOptimWrapper", dtype="float16", loss_scale="dynamic")
            optimizer = cfg.pop("optimizer")
            check_number("lr", optimizer["lr"], 0)
            for beta in optimizer["betas"]:
                check_number("beta", beta, 0, 1)
            optimizer.update(lazy_adam(optimizer["lr"], optimizer["betas"], interval))
            optimizer["params"] = list(getattr(model, name).parameters())
            cfg["optimizer"] = OPTIMIZERS.build(optimizer)
            cfg["optimizer"].register_load_state_dict_pre_hook(_keep_settings)
            cfg.setdefault("type", "mmengine.OptimWrapper")
            wrappers[name] = OPTIM_WRAPPERS.build(cfg)
        return OptimWrapperDict(**wrappers)


def _keep_settings(optimizer: Optimizer, state: dict) -> dict:
    """Put the optimiser's own settings into a saved state, whose settings PyTorch would take.

    Another learning rate at a resume is meant. ``fused`` may be absent from a state (of the
    authors, for example) and decides where PyTorch puts the step counts.
    """
    (own,) = optimizer.param_groups
    settings = {name: value for name, value in own.items() if name != "params"}
    return {**state, "param_groups": [{**saved, **settings} for saved in state["param_groups"]]}
