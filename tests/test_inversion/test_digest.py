import copy
from dataclasses import dataclass, fields, make_dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from mmctsvg.inversion.digest import digest
from mmctsvg.inversion.objective import Objective
from mmctsvg.inversion.settings import Level, Settings


@dataclass(frozen=True)
class Inputs:
    """One of every kind."""

    number: float
    text: str
    path: Path
    nothing: Any
    tensor: torch.Tensor
    array: np.ndarray
    module: torch.nn.Module
    settings: Settings
    contents: Any


BASE = Inputs(
    number=0.1,
    text="a",
    path=Path("a"),
    nothing=None,
    tensor=torch.arange(6.0),
    array=np.arange(6),
    module=torch.nn.Conv2d(1, 1, 1),
    settings=Settings(levels=(Level(until=0.5),)),
    contents={("ann", None): torch.ones(2)},
)
OTHERS = {
    "number": [0.1 + 1e-16, 1, "0.1"],
    "text": ["b", b"a", ["a"]],
    "path": [Path("b"), "a"],
    "nothing": [0, False, ""],
    "tensor": [
        torch.arange(6.0) + 1e-6,
        torch.arange(6.0)[None],
        torch.arange(6).double(),
        np.arange(6, dtype=np.float32),
        list(range(6)),
    ],
    "array": [np.arange(6).reshape(2, 3), np.arange(6.0), np.arange(5)],
    "module": [torch.nn.Conv2d(1, 1, 1), torch.nn.Conv2d(1, 1, 1, padding=1), torch.nn.ReLU()],
    "settings": [
        replace(BASE.settings, lr=0.2),
        replace(BASE.settings, levels=(Level(until=0.5, shrink=2),)),
        replace(BASE.settings, levels=()),
    ],
    "contents": [
        {("ann", None): torch.zeros(2)},
        {("bob", None): torch.ones(2)},
        {("ann", "None"): torch.ones(2)},
        {**BASE.contents, ("bob", None): torch.ones(2)},
    ],
}


def test_every_field_counts():
    assert OTHERS.keys() == {field.name for field in fields(Inputs)}
    found = [digest(BASE)]
    for name, values in OTHERS.items():
        found += [digest(replace(BASE, **{name: value})) for value in values]
    assert len(set(found)) == len(found)


def test_a_new_field_counts_too():
    new = make_dataclass("Inputs", [("added", int, 1)], bases=(Inputs,), frozen=True)
    values = {field.name: getattr(BASE, field.name) for field in fields(Inputs)}
    first, second = new(**values), new(**values, added=2)
    assert len({digest(BASE), digest(first), digest(second)}) == 3


def test_equal_values_have_one_digest():
    assert digest(BASE) == digest(copy.deepcopy(BASE))
    turned = torch.arange(6.0).reshape(2, 3).t().contiguous().t()
    assert digest(turned) == digest(torch.arange(6.0).reshape(2, 3))


def test_all_of_a_module_counts():
    """Weights, buffers that no checkpoint has, and plain numbers, also deep inside."""
    base = torch.nn.Sequential(torch.nn.BatchNorm1d(2))
    base[0].register_buffer("hidden", torch.zeros(1), persistent=False)
    changes = (
        lambda m: m.weight.data.add_(1),
        lambda m: m.running_mean.add_(1),
        lambda m: m.hidden.add_(1),
        lambda m: setattr(m, "eps", 1.0),
    )
    found = [digest(base)]
    for change in changes:
        other = copy.deepcopy(base)
        change(other[0])
        found.append(digest(other))
    assert len(set(found)) == 5
    assert digest(Objective(mse_weight=1.0)) != digest(Objective(mse_weight=2.0))


def test_what_cannot_be_told_apart_is_refused():
    for value in (lambda: None, SimpleNamespace(), np.array([None]), {1, 2}):
        with pytest.raises(TypeError, match="no digest"):
            digest({"a": [value]})
