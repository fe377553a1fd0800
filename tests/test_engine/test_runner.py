import time

from mmctsvg.engine.config import load_config
from mmctsvg.engine.runner import QuietRunner


def test_two_runs_that_start_in_one_second_share_nothing(tmp_path, toy_config, monkeypatch):
    path = toy_config()
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    runners = []
    for name in ("a", "b"):
        cfg = load_config(path)
        cfg.work_dir = str(tmp_path / name)
        runners.append(QuietRunner.from_cfg(cfg))
    first, second = runners
    assert first.message_hub is not second.message_hub
    assert first.visualizer is not second.visualizer
    assert first.logger is not second.logger
    for name in ("a", "b"):
        assert list((tmp_path / name).glob("*/vis_data/config.py")), name
