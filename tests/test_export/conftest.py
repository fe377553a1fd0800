"""Inferencers with little generators of random weights."""

import pytest

from mmctsvg.apis import CTSVGInferencer


@pytest.fixture
def inferencer(make_generator, make_meta):
    return CTSVGInferencer.from_generator(make_generator(), make_meta())


@pytest.fixture
def free(make_generator, make_meta):
    """Knows neither actors nor actions."""
    return CTSVGInferencer.from_generator(make_generator(0, 0), make_meta(0, 0))
