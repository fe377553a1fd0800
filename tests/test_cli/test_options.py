import pytest

from mmctsvg.cli.options import parse_options, read_config
from mmctsvg.cli.parsers import make_parser
from mmctsvg.utils.errors import UserError


def test_values_are_those_of_mmengine():
    words = ["a.b=1", "c=[1,2]", "d=x", "e=None", "f=(1,2)", "g=a=b"]
    assert parse_options(words) == {
        **{"a.b": 1, "c": [1, 2], "d": "x"},
        **{"e": None, "f": (1, 2), "g": "a=b"},
    }


def test_bad_words():
    for words in (["a.b=(1,2"], ["c=1", "a.b=[1,", "2]=3"]):
        with pytest.raises(UserError, match=r"--cfg-options a.b=.*a bracket is missing"):
            parse_options(words)
    with pytest.raises(UserError, match="--cfg-options takes key=value, .*not 'a.b'"):
        make_parser("train").parse_args(["ctsvg_mead_128", "--cfg-options", "c=1", "a.b"])


def test_changes_arrive_in_the_config(toy_config):
    args = [
        "--cfg-options",
        "train_cfg.max_iters=3",
        "--cfg-options",
        "train_dataloader.batch_size=2",
    ]
    args = make_parser("train").parse_args([str(toy_config()), *args])
    cfg = read_config(args)
    assert (cfg.train_cfg.max_iters, cfg.train_dataloader.batch_size) == (3, 2)
