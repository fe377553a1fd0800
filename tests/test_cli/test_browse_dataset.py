import cv2
import numpy as np
import pytest

from mmctsvg.datasets import SynthActorsDataset

CONFIG = """
train_dataloader = dict(
    batch_size=4,
    dataset=dict(type="SynthActorsDataset", size=32, num_actors=2, num_takes=1, length=8),
)
"""


@pytest.fixture
def tool(load_tool):
    return load_tool("browse_dataset")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "little.py"
    path.write_text(CONFIG)
    return path


def test_draws_what_training_sees(tool, capsys, config, tmp_path):
    out = tmp_path / "sheet" / "dataset.png"
    tool.main([str(config), "--out-dir", str(out.parent), "--triplets", "11", "--start", "4"])
    told = capsys.readouterr().out
    assert "8 clips, 2 actors, 5 actions, 15 frames/s; 11 triplets drawn in" in told
    assert str(out) in told
    sheet = cv2.imread(str(out))[..., ::-1]
    dataset = SynthActorsDataset(size=32, num_actors=2, num_takes=1, length=8)
    for index in (4, 14):
        frames = dataset[index]["frames"].permute(0, 2, 3, 1).numpy()
        for frame in frames.astype(np.uint8):
            large = np.repeat(np.repeat(frame, 2, 0), 2, 1)  # small pictures are enlarged
            found = cv2.matchTemplate(sheet.copy(), large, cv2.TM_SQDIFF)
            assert found.min() < 1000


def test_labels_and_options(tool, config):
    dataset = SynthActorsDataset(size=32)
    item = dataset[3]
    actor, action = int(item["actor"]), int(item["action"])
    names = f"{dataset.metainfo['actors'][actor]} {dataset.metainfo['actions'][action]}"
    start = int(item["times"][0])
    expected = f"#3  {names}  t = {start}, {start + 1}, {start + 2} of 48"
    assert tool.describe(item, dataset.metainfo) == expected
    anonymous = dict(dataset.metainfo, actors=[], actions=[])
    assert tool.describe(item, anonymous).startswith("#3    t = ")


def test_default_place(tool, capsys, config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    option = "train_dataloader.dataset.split=test"
    tool.main([str(config), "--triplets", "1", "--cfg-options", option])
    assert "2 clips" in capsys.readouterr().out
    assert (tmp_path / "work_dirs/little/dataset.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing.py"], "nothing.py: there is no such config"),
        (["{config}", "--triplets", "0"], "--triplets is 0"),
        (["{empty}"], "has no train_dataloader"),
        (["{config}", "--out-dir", "{config}"], "cannot write"),
        (["{config}", "--cfg-options", "train_dataloader.dataset.split=val"], "split is 'val'"),
    ],
)
def test_bad_arguments(tool, capsys, config, tmp_path, arguments, sentence):
    (tmp_path / "empty.py").write_text("a = 1\n")
    paths = dict(config=config, empty=tmp_path / "empty.py")
    with pytest.raises(SystemExit) as end:
        tool.main([argument.format(**paths) for argument in arguments])
    err = capsys.readouterr().err
    assert end.value.code == 2 and sentence in err and "Traceback" not in err


def test_help_has_an_example(tool, capsys):
    with pytest.raises(SystemExit) as end:
        tool.main(["--help"])
    assert end.value.code == 0
    assert "mmctsvg browse-dataset configs/" in capsys.readouterr().out
