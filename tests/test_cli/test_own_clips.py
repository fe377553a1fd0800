import argparse

import pytest

from mmctsvg.cli.own_clips import choose_config, choose_size
from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.engine.complete import complete_config
from mmctsvg.engine.config import load_config
from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization import VideoWriter


@pytest.fixture
def make_clips(tmp_path):
    """Returns a maker of two actors with two actions, 48 x 40 pixels."""

    def make(length, fps):
        drawn = SynthActorsDataset(size=48, num_actors=2, length=length, split="all")
        for actor in range(2):
            for action in range(2):
                path = tmp_path / "clips" / f"actor{actor}" / f"action{action}" / "clip.mp4"
                path.parent.mkdir(parents=True)
                with VideoWriter(path, fps=fps) as writer:
                    for t in range(length):
                        writer.write(drawn.render(actor, action, 0, t)[4:44])
        return tmp_path / "clips"

    return make


def arguments(**changes):
    defaults = dict(data=None, config=None, allow_bad_clips=False, launcher="none")
    return argparse.Namespace(**{**defaults, **changes})


# 0.12 s are 3 frames at 25 a second, 6 at 50; five frames allow a distance of 2.
@pytest.mark.parametrize(("length", "fps", "stride"), [(15, 25, 3), (15, 50, 6), (5, 25, 2)])
def test_clips_choose_config_crop_and_stride(make_clips, length, fps, stride, capsys):
    args = arguments(data=make_clips(length, fps))
    options = choose_config(args)
    assert args.config.name == "ctsvg_clips_32.py"
    cfg = complete_config(load_config(args.config, options))
    data_set = DATASETS.build(cfg.train_dataloader.dataset)
    sample = data_set[0]
    assert sample["frames"].shape == (3, 3, 32, 32)
    assert data_set.metainfo["actors"] == ["actor0", "actor1"]
    assert data_set.metainfo["actions"] == ["action0", "action1"]
    assert cfg.train_dataloader.dataset.stride == stride
    out = capsys.readouterr().out
    assert "4 clips" in out and "frames of 40 pixels at least" in out and f"every {stride} " in out


def test_a_config_keeps_its_size(make_clips):
    from mmctsvg.cli.config_names import find_config

    args = arguments(data=make_clips(12, 25), config=find_config("ctsvg_synth_actors_64"))
    cfg = load_config(args.config, choose_config(args))
    assert cfg.train_dataloader.dataset.type == "TripletVideoDataset"
    assert cfg.train_dataloader.dataset["size"] == 64
    assert "num_takes" not in cfg.train_dataloader.dataset


@pytest.mark.parametrize(
    ("side", "gpu", "size"),
    [(20, False, 32), (63, True, 32), (64, False, 64), (200, False, 64), (200, True, 128)],
)
def test_size_is_the_largest_that_clips_and_machine_have(side, gpu, size):
    assert choose_size(side, gpu) == size


def test_refusals(tmp_path):
    with pytest.raises(UserError, match="give a CONFIG.*or clips by --data"):
        choose_config(arguments())
    with pytest.raises(UserError, match="does not exist"):
        choose_config(arguments(data=tmp_path / "nothing"))
    (tmp_path / "clips" / "ann" / "wave").mkdir(parents=True)
    with pytest.raises(UserError, match="ACTOR/ACTION/CLIP"):
        choose_config(arguments(data=tmp_path / "clips"))
