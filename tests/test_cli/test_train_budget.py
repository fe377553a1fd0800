"""A training that was shortened to a budget of minutes."""

import pytest
import torch

from mmctsvg.engine import budget


@pytest.mark.slow
def test_a_budget_is_kept_by_what_goes_on(toy_config, load_tool, tmp_path, capsys, monkeypatch):
    config, work_dir, tool = toy_config({"custom_hooks": []}), tmp_path / "w", load_tool("train")

    def fit_into(cfg, config, minutes, began):
        """With a clock that shows a second more at every look."""
        ticks = iter(range(100))
        return budget.fit_into(cfg, config, minutes, 0.0, lambda: float(next(ticks)))

    monkeypatch.setattr(tool.module, "fit_into", fit_into)
    command = [str(config), "--work-dir", str(work_dir)]
    tool.main([*command, "--minutes", "0.25"])
    output = capsys.readouterr().out
    assert "5 of 8 iterations fit into 0.25 minutes" in output and "iter 5/5" in output
    whole = torch.load(work_dir / "iter_5.pth", weights_only=True)

    tool.main([*command, "--resume", "auto"])
    assert "already trained: 5 iterations" in capsys.readouterr().out
    for options, note in (([], False), (["--minutes", "0.9"], True)):
        (work_dir / "iter_5.pth").unlink()  # as if it had been killed after the fourth
        (work_dir / "last_checkpoint").unlink()
        tool.main([*command, "--resume", "auto", *options])
        output = capsys.readouterr().out
        assert "resumed epoch: 0, iter: 4" in output and "iter 5/5" in output
        assert ("--minutes is for the start of a training: this one goes on to" in output) == note
        resumed = torch.load(work_dir / "iter_5.pth", weights_only=True)
        for name, value in whole["state_dict"].items():
            assert torch.equal(value, resumed["state_dict"][name]), name

    # Who wants more iterations after all says how many.
    more = ["--cfg-options", "train_cfg.max_iters=6"]
    tool.main([*command, "--resume", "auto", *more])
    assert "iter 6/6" in capsys.readouterr().out
    assert "budget" not in torch.load(work_dir / "iter_6.pth", weights_only=True)["meta"]
