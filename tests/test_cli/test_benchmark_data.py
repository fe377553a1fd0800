import re

import numpy as np
import pytest


def test_all_forms_hold_the_same_clips(tmp_path, load_tool):
    from mmctsvg.datasets import TripletVideoDataset

    lists = load_tool("benchmark_data").write_forms(tmp_path, 16, 2, 5)
    frames = {}
    for kind, path in lists.items():
        data = TripletVideoDataset(annotations=str(path), size=16)
        assert [clip.length for clip in data.annotations] == [5, 5]
        frames[kind] = data.read_frames(1, np.arange(5)).astype(float)
    assert np.array_equal(frames["jpg"], frames["folder"])
    for kind, error in (("jpg", 4), ("video", 12)):
        assert np.abs(frames[kind] - frames["png"]).mean() < error


def test_report(load_tool, capsys):
    tool = load_tool("benchmark_data")
    arguments = "--size 16 --clips 2 --frames 5 --seconds 0.02 --rounds 1 --reads 300"
    tool.main(arguments.split())
    said = capsys.readouterr().out
    for way in ("packed, jpg", "packed, png", "folders of jpg", "mp4, seeking", "naive"):
        assert re.search(rf"{way}.* \d+\.\d +\d+\.\d +\d+\.\d x", said), way
    assert re.search(
        r"takes \d+ triplets/s; one loader process with a core of its own gives \d+", said
    )
    assert re.search(r"growth over the last nine tenths: [+-]\d+\.\d MB", said)


def test_a_list_of_ones_own(tmp_path, load_tool, capsys):
    tool = load_tool("benchmark_data")
    path = tool.write_forms(tmp_path, 16, 1, 5)["png"]
    arguments = ["--annotations", str(path), "--size=16", "--seconds=0.02", "--rounds=1"]
    tool.main([*arguments, "--reads=30"])
    assert "the list" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--size=4", "--clips=0", "--frames=2", "--reads=1"])
def test_refusals(option, load_tool, check_refusal):
    main = load_tool("benchmark_data").main
    check_refusal(main, [option], f"{option.replace('=', ' is ')}: it must be at least")


def test_a_missing_list(tmp_path, load_tool, check_refusal):
    main = load_tool("benchmark_data").main
    check_refusal(main, ["--annotations", tmp_path / "no.csv"], "no.csv does not exist")
