import pytest

from mmctsvg.checkpoints import save_generator


@pytest.fixture
def small_model(tmp_path, make_generator, make_meta):
    """The file of a generator with random weights."""
    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(), make_meta())
    return path
