import pytest
import torch

from mmctsvg.apis import CTSVGInferencer


@pytest.fixture
def inferencer(make_generator, make_meta):
    return CTSVGInferencer.from_generator(make_generator(), make_meta())


@pytest.fixture
def waves(inferencer):
    m = torch.linspace(-1, 2, inferencer.motion_dim)
    return inferencer.waves(m)
