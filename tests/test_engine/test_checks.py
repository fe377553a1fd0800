import os

import pytest

from mmctsvg.engine.checks import check_loader
from mmctsvg.utils.errors import UserError


@pytest.mark.parametrize(
    ("loader", "words"),
    [
        (dict(batch_size=0), "batch_size is 0: it must be a whole number from 1 on"),
        (dict(batch_size=2.5), "batch_size is 2.5"),
        (dict(num_workers=-1), "num_workers is -1: it must be a whole number from 0 to 64"),
        (dict(num_workers=100_000), "num_workers is 100000: it must be .* from 0 to 64"),
    ],
)
def test_loaders_that_no_machine_has(monkeypatch, loader, words):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pytest.raises(UserError, match=f"^a.py: train_dataloader.{words}"):
        check_loader("a.py", "train_dataloader", loader)


def test_larger_machines_may_have_more_processes(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 100)
    check_loader("a.py", "train_dataloader", dict(batch_size=1, num_workers=1600))
