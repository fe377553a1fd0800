import pytest

from mmctsvg.engine.config import config_errors, load_config
from mmctsvg.utils.errors import UserError


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "ctsvg_small.py"
    path.write_text(
        "model = dict(type='CTSVG', size=16, ramp=(1, 2), on=True, name='x', stride=1)\n"
        "hooks = [dict(type='A', interval=1)]\nload_from = None\n"
    )
    return path


def test_options_change_the_config(config):
    options = {
        "model.size": 32,
        "model.ramp": (3, 4),
        "model.stride": "official",
        "model.new": 5,
        "hooks.0.interval": 7,
        "load_from": "a.pth",
        "model.name": None,
        "model.switches.ramp": "official",
    }
    cfg = load_config(config, options)
    assert cfg.model.size == 32 and cfg.model.ramp == (3, 4) and cfg.model.new == 5
    assert cfg.model.stride == "official" and cfg.model.name is None
    assert cfg.model.switches == {"ramp": "official"}
    assert cfg.hooks[0].interval == 7 and cfg.load_from == "a.pth"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("modle.size", 1, "no modle; did you mean model"),
        ("unknown", 1, "no unknown; there are: hooks, load_from, model"),
        ("model.size", "big", "must be a int like 16, not a str"),
        ("model.size", True, "not a bool"),
        ("model.on", 1, "must be a bool"),
        ("model.ramp", 5, "must be a tuple"),
        ("model", 5, "must be a ConfigDict"),
        ("model.size.x", 5, "model.size is 16 and has no part 'x'"),
        ("hooks.3.interval", 5, "below 1"),
        ("hooks.interval.x", 5, "below 1"),
    ],
)
def test_wrong_options(config, key, value, message):
    with pytest.raises(UserError, match=f"option {key}.*{message}"):
        load_config(config, {key: value})


LOCAL, BOARD = dict(type="LocalVisBackend"), dict(type="TensorboardVisBackend")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [LOCAL]),
        ({"vis_backends": ["LocalVisBackend", "TensorboardVisBackend"]}, [LOCAL, BOARD]),
        ({"vis_backends": "TensorboardVisBackend"}, [BOARD]),
        ({"visualizer.vis_backends": ["TensorboardVisBackend"]}, [BOARD]),
        ({"vis_backends.0.type": "TensorboardVisBackend"}, [BOARD]),
    ],
)
@pytest.mark.parametrize("apart", [True, False])
def test_backends_reach_the_visualizer(config, options, expected, apart):
    """As in other configs of OpenMMLab, ``vis_backends`` may stand beside the visualizer."""
    text = f"vis_backends = [{LOCAL}]\nvisualizer = dict(type='V', vis_backends=vis_backends)"
    config.write_text(text if apart else f"visualizer = dict(type='V', vis_backends=[{LOCAL}])")
    cfg = load_config(config, options)
    assert cfg.visualizer.vis_backends == expected and "vis_backends" not in cfg


def test_backends_of_a_config_that_inherits_the_visualizer(tmp_path, config):
    config.write_text(f"visualizer = dict(type='V', vis_backends=[{LOCAL}])")
    child = tmp_path / "child.py"
    child.write_text(f"_base_ = '{config.name}'\nvis_backends = [{BOARD}]")
    assert load_config(child).visualizer.vis_backends == [BOARD]
    with pytest.raises(UserError, match="child.py: visualizer.vis_backends: 3 is no backend"):
        load_config(child, {"vis_backends": [3]})


def test_files_that_are_no_configs(tmp_path, config):
    with pytest.raises(UserError, match="ctsvg_smal.py.*did you mean .*ctsvg_small.py"):
        load_config(tmp_path / "ctsvg_smal.py")
    with pytest.raises(UserError, match="configs/"):
        load_config("/nowhere/x.py")
    for text in ("model = (", "x = undefined", "_base_ = 'missing.py'", "1 / 0"):
        config.write_text(text)
        with pytest.raises(UserError, match="ctsvg_small.py: the config cannot be read"):
            load_config(config)


def test_what_components_refuse_is_the_users_error():
    def fail(error):
        with config_errors("c.py"):
            raise error

    for error in (
        ValueError("size=5: must be\n a power of two"),
        TypeError("A.__init__() got an unexpected keyword argument 'x'"),
        ImportError('Please run "pip install x" to install x'),
        KeyError("X is not in the mmctsvg::model registry. Please check ... http"),
    ):
        with pytest.raises(UserError, match="^c.py: ") as caught:
            fail(error)
        assert "\n" not in str(caught.value) and "http" not in str(caught.value)
    with pytest.raises(UserError, match="^clips.csv: has no rows$"):  # names its file already
        fail(UserError("clips.csv: has no rows"))
    for error in (TypeError("unsupported operand"), KeyError("x"), RuntimeError("y")):
        with pytest.raises(type(error)):
            fail(error)
