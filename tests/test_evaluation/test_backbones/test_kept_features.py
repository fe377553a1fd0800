"""Features in the user's cache: found by pixels and network, and never wrong ones."""

import numpy as np
import pytest

from mmctsvg.evaluation.backbones.kept_features import KeptFeatures


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return KeptFeatures("network", 5)


@pytest.fixture
def window():
    return np.random.default_rng(0).integers(256, size=(9, 4, 6, 3), dtype=np.uint8)


def test_features_come_back_for_the_same_pixels_alone(kept, window):
    features = np.arange(5, dtype=np.float32)
    assert kept.find(window) is None
    kept.keep(window, features)
    assert np.array_equal(kept.find(window.copy()), features)
    changed = window.copy()
    changed[8, 3, 5, 2] ^= 1
    assert kept.find(changed) is None
    assert kept.find(window.reshape(9, 6, 4, 3)) is None  # the same bytes
    assert KeptFeatures("another", 5).find(window) is None
    assert np.array_equal(KeptFeatures("network", 5).find(window), features)


def test_a_view_is_found_by_its_pixels(kept, window):
    kept.keep(window[::2], np.ones(5))
    assert kept.find(np.ascontiguousarray(window[::2])) is not None


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"no array"])
def test_a_damaged_file_is_as_none(kept, window, damage):
    kept.keep(window, np.ones(5))
    kept.path(window).write_bytes(damage)
    assert kept.find(window) is None
    np.save(kept.path(window), np.ones(4))
    assert kept.find(window) is None


def test_a_cache_that_cannot_be_written_to_is_no_error(kept, window):
    kept.folder.parent.mkdir(parents=True)
    kept.folder.write_text("a file where the folder should be")
    kept.keep(window, np.ones(5))
    assert kept.find(window) is None
