import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.engine.config import load_config
from mmctsvg.engine.finite import find_not_finite
from mmctsvg.engine.runner import CTSVGRunner
from mmctsvg.utils.errors import UserError


def test_every_place_is_looked_at():
    def state(**changes):
        return {"a": torch.ones(3), "b": [{"c": torch.zeros(2, 2)}], "n": 3, **changes}

    assert find_not_finite({}) is None
    assert find_not_finite(state()) is None
    for bad in (torch.nan, torch.inf, -torch.inf):
        assert find_not_finite(state(a=torch.tensor([0, bad]))) == "a"
        assert find_not_finite(state(b=[{}, {"c": torch.tensor(bad)}])) == "b.1.c"
        assert find_not_finite(state(z=torch.tensor([bad], dtype=torch.float16))) == "z"
    assert find_not_finite(state(i=torch.tensor([2**60]), e=torch.zeros(0))) is None


def poison_weights(runner):
    next(runner.model.generator.parameters()).data[0] = torch.nan


def poison_average(runner):
    next(runner.model.generator_ema.parameters()).data[0] = torch.inf


def poison_path_length(runner):
    runner.model.mean_path_length.fill_(torch.nan)


def poison_moments(runner):
    optimiser = runner.optim_wrapper["time_discriminator"].optimizer
    next(iter(optimiser.state.values()))["exp_avg_sq"].fill_(torch.inf)


@pytest.mark.slow
@pytest.mark.parametrize(
    "poison", [poison_weights, poison_average, poison_path_length, poison_moments]
)
def test_what_is_not_finite_is_never_written(tmp_path, toy_config, poison, monkeypatch):
    """Whatever the intervals are: here nothing is logged after the iteration that goes wrong."""
    path = toy_config(
        {
            "train_cfg.max_iters": 8,
            "default_hooks.checkpoint.interval": 2,
            "default_hooks.logger.interval": 50,
            "custom_hooks": [
                dict(type="VideoGridHook", interval=2, rows=2, columns=2, frames=3),
                dict(type="ExportHook", interval=2),
            ],
        }
    )
    cfg = load_config(path)
    cfg.work_dir = str(tmp_path / "w")
    runner = CTSVGRunner.from_cfg(cfg)
    step = runner.model.train_step

    def poisoned(data, optim_wrapper):
        outputs = step(data, optim_wrapper)
        if runner.iter == 3:  # a checkpoint of iteration 4 is due
            poison(runner)
        return outputs

    monkeypatch.setattr(runner.model, "train_step", poisoned)
    with pytest.raises(UserError) as refusal:
        runner.train()
    for word in ("diverged", "after iteration 4", "iter_2.pth", "optimizer.lr=0.001"):
        assert word in str(refusal.value)
    names = {p.name for p in (tmp_path / "w").rglob("*") if p.suffix in (".pth", ".safetensors")}
    assert names == {"iter_2.pth", "generator.safetensors"}
    assert not list((tmp_path / "w" / "videos").glob("iter_4.*"))
    generator = CTSVGInferencer(tmp_path / "w" / "generator.safetensors")
    assert generator.card["provenance"]["iterations"] == 2
