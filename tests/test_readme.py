"""The commands and Python of README and tutorial run as they stand there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
DEMO = ROOT / "mmctsvg" / "assets" / "demo.safetensors"


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def commands(text=README):
    """Every command line of the shell blocks, continuation lines joined, comments removed."""
    text = "\n".join(blocks("bash", text)).replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in text.splitlines() if line.strip()]


def test_files_exist():
    """What the README names is there: scripts, configs, pages, pictures."""
    for program, script, *arguments in commands():
        assert program in ("bash", "python")
        assert (ROOT / script).is_file(), script
        for argument in arguments:
            if argument.startswith("configs/"):
                assert (ROOT / argument).is_file(), argument
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).is_file(), target
    for config in re.findall(r"^\| `(\w+\.py)`", README, re.M):
        assert (ROOT / "configs" / config).is_file(), config


def test_pictures_of_the_pages():
    """Every picture that a page shows is there, and no two are the same."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page}: {target}"
    contents = [picture.read_bytes() for picture in (ROOT / "docs" / "images").glob("*.png")]
    assert len(set(contents)) == len(contents)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [c for c in commands() if c[1] == "tools/generate.py" and "--demo" in c]
)
def test_videos_of_the_demo(command, tmp_path, monkeypatch, load_tool):
    """At the length that is written there."""
    monkeypatch.chdir(tmp_path)
    load_tool("generate").main(command[2:])
    videos = list(tmp_path.rglob("samples*.mp4"))
    assert videos and all(video.stat().st_size > 1000 for video in videos)


@pytest.mark.parametrize(
    "command",  # the launcher, `bash tools/dist_train.sh`, is tested in test_tools/test_train.py
    [c for c in commands() if c[0] == "python" and "configs/ctsvg_mead_128.py" in c],
)
def test_mead_asks_for_its_data(command, tmp_path, monkeypatch, load_tool, check_refusal):
    """Without the data set one sentence says what is missing; the options are understood."""
    monkeypatch.chdir(tmp_path)
    arguments = [str(ROOT / a) if a.startswith("configs/") else a for a in command[2:]]
    tool = {"train.py": "train", "print_config.py": "config"}[Path(command[1]).name]
    check_refusal(load_tool(tool).main, arguments, "data/mead/annotations.csv")


@pytest.mark.slow
def test_own_clips(tmp_path, monkeypatch, load_tool):
    """The three commands: 3 actors with 2 actions in folders, checked, trained on, generated."""
    from mmctsvg.datasets import SynthActorsDataset
    from mmctsvg.visualization import VideoWriter

    drawn = SynthActorsDataset(size=64, num_actors=3, length=12, split="all")
    for actor in range(3):
        for action in range(2):
            folder = tmp_path / "clips" / f"actor{actor}" / f"action{action}"
            folder.mkdir(parents=True)
            with VideoWriter(folder / "clip.mp4", fps=15) as writer:
                for t in range(12):
                    writer.write(drawn.render(actor, action, 0, t))
    monkeypatch.chdir(tmp_path)
    steps = [c for c in commands() if "clips" in c]
    steps += [c for c in commands() if "work_dirs/mine/generator.safetensors" in c]
    assert [Path(c[1]).name for c in steps] == ["check_dataset.py", "train.py", "generate.py"]
    for _, script, *arguments in steps:
        arguments = [str(ROOT / a) if a.startswith("configs/") else a for a in arguments]
        if script.endswith("train.py"):
            arguments += ["--cfg-options", "train_cfg.max_iters=1", "train_dataloader.batch_size=2"]
            # Their processes would outlive the test.
            arguments += [
                "train_dataloader.num_workers=0",
                "train_dataloader.persistent_workers=False",
            ]
        load_tool(Path(script).stem).main(arguments)
    assert list(tmp_path.rglob("samples.mp4"))


@pytest.mark.slow
@pytest.mark.parametrize("command", [c for c in commands() if c[1] == "tools/test.py"])
def test_measuring(command, tmp_path, monkeypatch, load_tool, capsys):
    """With the demo model in the place of the quick start's, which is smaller."""
    monkeypatch.chdir(tmp_path)
    _, _, config, weights = command
    (tmp_path / weights).parent.mkdir(parents=True)
    shutil.copyfile(DEMO, weights)
    load_tool("test").main([str(ROOT / config.replace("32", "64")), weights])
    assert "SynthTruth" in capsys.readouterr().out
    assert (tmp_path / weights).with_name("test").joinpath("card.md").is_file()


@pytest.mark.slow
def test_tutorial(tmp_path, monkeypatch, load_tool):
    """From the first line to the last; without weights from elsewhere, and in fewer steps."""
    monkeypatch.chdir(tmp_path)
    (drawing,) = blocks("python", TUTORIAL)
    exec(drawing, {})
    (script,) = blocks("yaml", TUTORIAL)
    (tmp_path / "script.yaml").write_text(script, encoding="utf-8")
    for _, tool, *arguments in commands(TUTORIAL):
        if tool in ("tools/invert.py", "tools/tune.py"):
            arguments += ["--lpips", "none", "--steps", "4"]
        load_tool(Path(tool).stem).main(arguments)
        folder = Path(arguments[arguments.index("--out-dir") + 1])
        assert list(folder.glob("*.mp4")) and list(folder.glob("*.png"))


def test_python(tmp_path, monkeypatch):
    """The lines of the Python section."""
    monkeypatch.chdir(tmp_path)
    if not DEMO.is_file():
        pytest.skip("the demo model is not in this checkout")
    names = {}
    exec("\n".join(blocks("python")), names)
    video = names["video"]
    assert video.shape[:2] == (64, 3) and video.abs().max() <= 1
    assert isinstance(video, torch.Tensor)
    assert [len(video) for video in names["both"]] == [60, 60]
    assert len(list((tmp_path / "videos").glob("*.mp4"))) == 2


def test_python_of_choreography(tmp_path, monkeypatch):
    """The edits and the script of the page, with a shorter script."""
    monkeypatch.chdir(tmp_path)
    script = "length: 0.2 s\nscore:\n  0 s: {actor: Mia, action: nod}\n"
    (tmp_path / "script.yaml").write_text(script, encoding="utf-8")
    page = (ROOT / "docs" / "guides" / "choreography.md").read_text(encoding="utf-8")
    names = {}
    exec(blocks("python", page)[-1], names)
    assert names["video"].shape[:2] == (64, 3) and torch.equal(
        names["video"][0], names["video"][30]
    )
    assert names["frames"].shape[:2] == (3, 3)
