import pytest
import torch

from mmctsvg.apis import CTSVGInferencer


@pytest.fixture
def inferencer(make_generator, make_meta):
    return CTSVGInferencer.from_generator(make_generator(), make_meta())


@pytest.fixture(params=[("quadrature", None), ("low_rank", 2)], ids=lambda param: param[0])
def other_inferencer(request, make_generator, make_meta):
    """The same of the trajectories that are not the paper's."""
    kind, rank = request.param
    generator = make_generator(trajectory=kind, rank=rank, motion_dim=24)
    return CTSVGInferencer.from_generator(generator, make_meta())


@pytest.fixture
def other_waves(other_inferencer):
    return other_inferencer.waves(other_inferencer.sample_motion(1, seed=3))


@pytest.fixture
def waves(inferencer):
    m = torch.linspace(-1, 2, inferencer.motion_dim)
    return inferencer.waves(m)
