from functools import partial

import pytest

from mmctsvg import inversion
from mmctsvg.apis import save_generator


@pytest.fixture
def small_model(tmp_path, make_generator, make_meta):
    """The file of a generator with random weights."""
    path = tmp_path / "g.safetensors"
    save_generator(path, make_generator(), make_meta())
    return path


@pytest.fixture
def state_every_step(monkeypatch):
    """Inversions and tunings keep their state after every step, not only every ten seconds."""
    for name in ("invert", "tune"):
        monkeypatch.setattr(inversion, name, partial(getattr(inversion, name), save_every=0))
