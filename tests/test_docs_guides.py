"""The code of the pages "add your own data set, metric, baseline" runs as it stands there."""

import importlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import allow_generator, generator_file, load_generator, save_generator
from mmctsvg.registry import DATASETS, METRICS, MODELS
from mmctsvg.utils.errors import UserError

ROOT = Path(__file__).parents[1]
GUIDES = ROOT / "docs" / "guides"
SIZE = 16  # of the toy config
EXPORT = {"custom_hooks": [dict(type="ExportHook")]}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Returns a maker of a folder with the files of a page: ``project("own_metric.md")``.

    Modules of the page can be imported while the test runs, and are forgotten afterwards.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(generator_file, "_allowed", {})
    for registry in (DATASETS, METRICS, MODELS):
        registry.import_from_location()
        monkeypatch.setattr(registry, "_module_dict", dict(registry.module_dict))
    names = []

    def make(page: str) -> Path:
        text = (GUIDES / page).read_text(encoding="utf-8")
        for name, code in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", text, re.S):
            (tmp_path / name).write_text(code, encoding="utf-8")
            names.append(Path(name).stem)
        return tmp_path

    yield make
    for name in names:
        sys.modules.pop(name, None)


def on_toy(path: Path, toy: Path) -> Path:
    """The page's config on the tests' toy config in place of the one that it names."""
    text = path.read_text(encoding="utf-8")
    base = re.search(r'^_base_ = "(.+)"$', text, re.M)[1]
    assert (ROOT / base).is_file(), base
    path.write_text(text.replace(base, str(toy)).replace("size=64", f"size={SIZE}"))
    return path


def test_every_block_has_a_name():
    """Blocks without one would not be tested."""
    for page in GUIDES.glob("own_*.md"):
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"```python\n(.*\n)", text)
        assert blocks and all(re.fullmatch(r"# \w+\.py\n", block) for block in blocks), page


def test_own_dataset(project, toy_config, load_tool):
    folder = project("own_dataset.md")
    importlib.import_module("make_clips")
    path = folder / "clips_npy" / "actor1" / "action3" / "2.npy"
    assert np.load(path).shape == (24, 64, 64, 3)
    for file in folder.glob("clips_npy/*/*/*.npy"):
        np.save(file, np.load(file)[:, ::4, ::4])
    config = on_toy(folder / "npy_config.py", toy_config(EXPORT))
    load_tool("train").main(
        [str(config), "--work-dir", "out", "--cfg-options", "train_cfg.max_iters=2"]
    )
    card = CTSVGInferencer(folder / "out" / "generator.safetensors").card
    assert card["actors"] == ["actor0", "actor1", "actor2"]
    assert card["actions"] == ["action1", "action3"]
    assert card["provenance"]["dataset"] == "NpyDataset"

    options = dict(type="NpyDataset", root="clips_npy", size=SIZE, stride=3)
    train, test = (DATASETS.build({**options, "split": split}) for split in ("train", "test"))
    assert len(train) == 24 and len(test) == 6
    assert {Path(clip.path).stem for clip in test.annotations} == {"4"}
    sample = train[5]
    clip = np.load(train.annotations[_clip_of(train, sample)].path)
    frames = torch.from_numpy(clip[sample["times"].long()]).permute(0, 3, 1, 2)
    assert torch.equal(sample["frames"], frames)
    np.save(path, np.load(path)[:6])
    with pytest.raises(UserError, match=r"2.npy has 6 frames, but triplets need 7"):
        DATASETS.build(options)


def _clip_of(dataset, sample) -> int:
    """Number of the clip whose frames a sample holds."""
    frames = sample["frames"].permute(0, 2, 3, 1).numpy()
    times = sample["times"].long().numpy()
    (found,) = [
        number
        for number in range(len(dataset))
        if np.array_equal(dataset.read_frames(number, times), frames)
    ]
    return found


def test_own_metric(project, toy_config, load_tool, make_generator, capsys):
    from mmctsvg.datasets import SynthActorsDataset
    from mmctsvg.utils.pixels import to_uint8

    folder = project("own_metric.md")
    config = on_toy(folder / "brightness_config.py", toy_config(EXPORT))
    drawn = dict(size=SIZE, num_actors=3, num_takes=1, length=12)
    names = SynthActorsDataset(**drawn).metainfo
    save_generator("generator.safetensors", make_generator(3, 5), names)
    load_tool("test").main([str(config), "generator.safetensors", "--frames", "2"])
    assert "Brightness" in capsys.readouterr().out

    inferencer = CTSVGInferencer("generator.safetensors")
    real = [
        dataset.read_frames(clip, np.arange(8)).mean()
        for dataset in (SynthActorsDataset(split=split, **drawn) for split in ("train", "test"))
        for clip in range(len(dataset))
    ]
    generated = [
        to_uint8(inferencer.render(range(8), actor, action, seed=seed)).mean()
        for seed in range(2)
        for actor in range(3)
        for action in range(5)
    ]
    result = json.loads((folder / "test" / "card.json").read_text())["metrics"]["Brightness"]
    assert result["protocol"]["frames"] == 8
    numbers = result["numbers"]
    assert numbers["real"] == pytest.approx(np.mean(real), rel=1e-6)
    assert numbers["generated"] == pytest.approx(np.mean(generated), rel=1e-3)
    assert numbers["difference"] == pytest.approx(numbers["generated"] - numbers["real"])


@pytest.mark.slow
def test_own_metric_from_python(project):
    project("own_metric.md")
    result = importlib.import_module("measure").result
    assert set(result.numbers) == {"difference", "real", "generated"} and result.videos == 200


def test_own_baseline(project, toy_config, load_tool):
    folder = project("own_baseline.md")
    config = on_toy(folder / "fixed_waves_config.py", toy_config(EXPORT))
    work_dir = folder / "work_dirs" / "fixed_waves"
    load_tool("train").main(
        [str(config), "--work-dir", str(work_dir), "--cfg-options", "train_cfg.max_iters=2"]
    )
    video = importlib.import_module("render").video
    assert video.shape == (16, 3, SIZE, SIZE) and video.abs().max() <= 1

    generator, card = load_generator(work_dir / "generator.safetensors")
    assert card["generator"]["type"] == "FixedWavesGenerator"
    steps = generator.mapper.time2vec.weight.log().diff()  # as before the training
    torch.testing.assert_close(steps, steps.mean().expand_as(steps))
    assert generator.mapper.time2vec.weight[0] == pytest.approx(0.01)
    assert generator.mapper.time2vec.weight[-1] == pytest.approx(1.0)


def test_a_file_cannot_choose_code(project, tmp_path, make_meta):
    """A class that is registered but not allowed is not built."""
    project("own_baseline.md")
    kind = importlib.import_module("fixed_waves").FixedWavesGenerator
    generator = kind(16, {4: 8, 8: 8, 16: 8}, num_actors=2, num_actions=3)
    save_generator("waves.safetensors", generator, make_meta())
    assert type(load_generator("waves.safetensors")[0]) is kind
    generator_file._allowed.clear()
    with pytest.raises(UserError, match="'FixedWavesGenerator' is unknown"):
        load_generator("waves.safetensors")


def test_no_generator_takes_the_name_of_another():
    class ConditionalStyleVideoGenerator(torch.nn.Module):
        pass

    with pytest.raises(ValueError, match="'ConditionalStyleVideoGenerator' already"):
        allow_generator(ConditionalStyleVideoGenerator)
