"""tools/setup_env.sh: what is missing is said in one sentence, and what was interrupted is mended.

Each test works on a copy of the few files that the set-up reads, with stand-ins for the programs
that are to be missing.
"""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info[:2] != (3, 11), reason="made for Linux, Python 3.11"
)


@pytest.fixture
def clone(tmp_path):
    """A folder with the files that decide about the environment, and nothing else."""
    folder = tmp_path / "clone"
    (folder / "tools").mkdir(parents=True)
    for name in ("setup_env.sh", "build_mmcv.py", "quickstart.sh", "run_tests.sh"):
        shutil.copy(ROOT / "tools" / name, folder / "tools" / name)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    shutil.copy(ROOT / "setup.py", folder / "setup.py")
    return folder


def program(path: Path, body: str) -> Path:
    """Write a small executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def python_except(path: Path, question: str, answer: str) -> Path:
    """A Python that does ``answer`` (shell) when its code contains ``question``."""
    body = f'case "$2" in *"{question}"*) {answer} ;; *) exec {sys.executable} "$@" ;; esac'
    return program(path, body)


def bash(clone: Path, *command: str, path: Path | None = None, **environment: str):
    """Run bash in ``clone`` without input, with the programs in ``path`` first."""
    # The Python that runs the tests lies in an environment; the scripts choose their own.
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHON", "CC", "CXX")}
    if path is not None:
        inherited["PATH"] = f"{path}{os.pathsep}{inherited['PATH']}"
    inherited.setdefault("PYTHON", sys.executable)
    return subprocess.run(
        ["bash", *command],
        cwd=clone,
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def set_up(clone: Path, options: str = "", **settings):
    """Source the set-up and run it."""
    code = f'set -euo pipefail; source tools/setup_env.sh; set_up {options}; echo "$ENV_PYTHON"'
    return bash(clone, "-c", code, **settings)


def assert_one_sentence(done, *parts: str) -> None:
    """The command failed and said so in one line with all of ``parts``."""
    lines = done.stderr.strip().splitlines()
    assert done.returncode != 0
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    for part in parts:
        assert part in lines[0]


def make_environment(clone: Path) -> Path:
    """An empty environment such as the set-up makes; returns the folder of its notes."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone / ".venv"], check=True)
    state = clone / ".venv" / "mmctsvg-setup"
    state.mkdir()
    return state


def make_stamp(clone: Path, state: Path, suffix: str = "") -> None:
    """Stamp an environment as complete."""
    code = "source tools/setup_env.sh; ENV_PYTHON=.venv/bin/python; fingerprint"
    done = bash(clone, "-c", code.replace(".venv/bin", str(clone / ".venv" / "bin")))
    (state / "stamp").write_text(done.stdout.strip() + suffix + "\n")


@pytest.mark.parametrize("script", ["tools/quickstart.sh", "tools/run_tests.sh"])
def test_other_python(clone, tmp_path, script):
    other = program(tmp_path / "python3.13", "echo 3.13")
    done = bash(clone, script, PYTHON=str(other))
    assert_one_sentence(done, "Python 3.11 is the version supported", f"{other} is 3.13", "PYTHON=")
    assert not (clone / ".venv").exists()


def test_no_python(clone):
    assert_one_sentence(set_up(clone, PYTHON="/no/such/python"), "found none", "install it")


def test_environment_of_another_python(clone):
    program(clone / ".venv" / "bin" / "python", "echo 3.12")
    assert_one_sentence(set_up(clone), ".venv was made with Python 3.12", "delete that folder")


def test_little_disc(clone, tmp_path):
    program(tmp_path / "bin" / "df", "printf 'head\\n/dev/x 9 9 3145728 9%% /\\n'")
    done = set_up(clone, path=tmp_path / "bin")
    assert_one_sentence(done, "has 3 GB free", "needs 4 GB")
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("variable", ["CC", "CXX"])
def test_no_compiler(clone, variable):
    done = set_up(clone, **{variable: "/no/such/compiler"})
    assert_one_sentence(done, "/no/such/compiler is missing", "install gcc and g++")
    assert not (clone / ".venv").exists()


def test_no_headers(clone, tmp_path):
    python = python_except(tmp_path / "python", "sysconfig", "echo /no/such/include")
    done = set_up(clone, PYTHON=str(python))
    assert_one_sentence(done, "/no/such/include/Python.h is missing", "python3.11-dev")


def test_no_venv_module(clone, tmp_path):
    python = python_except(tmp_path / "python", "import ensurepip, venv", "exit 1")
    assert_one_sentence(
        set_up(clone, PYTHON=str(python)), "lacks the module venv", "python3.11-venv"
    )


def test_active_environment_that_is_somebody_elses(clone, tmp_path):
    python = python_except(tmp_path / "python", "sys.prefix", "echo /no/such/environment")
    done = set_up(clone, "--here", PYTHON=str(python))
    assert_one_sentence(done, "/no/such/environment, the active environment", "leave out --here")


def test_unknown_argument(clone):
    assert_one_sentence(bash(clone, "tools/quickstart.sh", "--heer"), "--heer", "--here")
    for wrong in ("0", "0.0", "-1", "nan", "1.", "5m", ""):
        done = bash(clone, "tools/quickstart.sh", "--here", "--minutes", wrong)
        assert_one_sentence(done, f"--minutes is '{wrong}'", "above 0")
    assert_one_sentence(bash(clone, "tools/quickstart.sh", "--minutes"), "--minutes is ''")


@pytest.mark.slow
def test_no_index(clone):
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    done = set_up(clone, **offline)
    assert_one_sentence(done, "pip reached no package index", "connect to the network")
    # It is no complete environment, and the next run knows.
    assert not (clone / ".venv" / "mmctsvg-setup" / "stamp").exists()
    assert (clone / ".venv" / "mmctsvg-setup" / "begun").exists()


@pytest.mark.parametrize(
    ("log", "index_answers", "parts"),
    [
        ("OSError: [Errno 28] No space left on device", True, ["the disc became full", "4 GB"]),
        ("error: mmcv could not be compiled", True, ["error: mmcv could not be compiled"]),
        ("ERROR: no connection", False, ["pip reached no package index", "connect to the network"]),
        ("ERROR: something else", True, ['the step "a step" failed', "step.log"]),
    ],
)
def test_failing_step(clone, log, index_answers, parts):
    state = make_environment(clone)
    step = f"run_step 'a step' 1 sh -c \"echo '{log}'; exit 1\""
    index = f"index_answers() {{ {str(index_answers).lower()}; }}"
    code = f"source tools/setup_env.sh; STATE={state}; {index}; {step}"
    done = bash(clone, "-c", code)
    assert done.returncode != 0
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence.startswith("error: ")
    assert all(part in sentence for part in parts)


@pytest.mark.parametrize(
    ("options", "suffix"), [("", ""), ("", " with tests"), ("--tests", " with tests")]
)
def test_complete_environment_is_used_at_once(clone, options, suffix):
    make_stamp(clone, make_environment(clone), suffix)
    start = time.monotonic()
    done = set_up(clone, options)
    assert done.stdout == f"{clone}/.venv/bin/python\n"
    assert time.monotonic() - start < 2


def test_stamp_holds_only_for_the_same_requirements(clone):
    state = make_environment(clone)
    make_stamp(clone, state)
    with (clone / "requirements" / "constraints.txt").open("a") as file:
        file.write("something-new==1.0\n")
    # The compiler is asked for only when something is to be installed.
    assert_one_sentence(set_up(clone, CC="/no/such/compiler"), "/no/such/compiler")
    assert not (state / "stamp").exists()


def test_half_installed_packages_are_taken_away(clone):
    state = make_environment(clone)
    site = clone / ".venv" / "lib" / "python3.11" / "site-packages"
    (site / "foreign-1.0.dist-info").mkdir(parents=True)
    time.sleep(0.02)
    (state / "begun").touch()
    time.sleep(0.02)
    (site / "half-1.0.dist-info").mkdir()
    (site / "whole-1.0.dist-info").mkdir()
    (site / "whole-1.0.dist-info" / "RECORD").touch()
    done = set_up(clone, CC="/no/such/compiler")
    assert "mending" in done.stdout
    assert sorted(path.name for path in site.glob("*.dist-info")) == [
        "foreign-1.0.dist-info",
        "whole-1.0.dist-info",
    ]


def test_one_set_up_at_a_time(clone):
    state = make_environment(clone)
    make_stamp(clone, state)
    with subprocess.Popen(["flock", state / "lock", "sleep", "2"]):
        while not (state / "lock").exists():
            time.sleep(0.01)
        time.sleep(0.2)
        start = time.monotonic()
        done = set_up(clone)
        assert time.monotonic() - start > 1
    assert "another set-up is at work" in done.stdout


# Stand-ins for the tools that the quick start calls: they say so, and write the files.
TRAIN = """
import pathlib, sys
print("train", *sys.argv[1:])
out = pathlib.Path(sys.argv[sys.argv.index("--work-dir") + 1])
if not (out / "generator.safetensors").exists():
    (out / "generator.safetensors").touch()
    (out / "curves.png").touch()
"""
GENERATE = """
import pathlib, sys, time
print("generate", *sys.argv[1:])
out = pathlib.Path(sys.argv[sys.argv.index("--out-dir") + 1])
out.mkdir(parents=True, exist_ok=True)
time.sleep(0.02)
(out / "samples.mp4").touch()
(out / "samples.png").touch()
"""


def test_quickstart_trains_and_generates_once(clone):
    make_stamp(clone, make_environment(clone))
    (clone / "tools" / "train.py").write_text(TRAIN)
    (clone / "tools" / "generate.py").write_text(GENERATE)
    demo = clone / "mmctsvg" / "assets" / "demo.safetensors"
    demo.parent.mkdir(parents=True)
    demo.touch()
    train = "train configs/ctsvg_synth_actors_32.py --work-dir work_dirs/quickstart --resume auto"
    train += " --minutes 9"

    first = bash(clone, "tools/quickstart.sh")
    assert first.returncode == 0, first.stderr
    called = [line for line in first.stdout.splitlines() if line.startswith(("train", "generate"))]
    assert called == [
        "generate --demo --out-dir work_dirs/quickstart/demo",
        train,
        "generate work_dirs/quickstart/generator.safetensors --out-dir work_dirs/quickstart",
    ]
    for name in ("samples.mp4", "samples.png", "curves.png"):
        path = clone / "work_dirs" / "quickstart" / name
        assert path.is_file()
        assert str(path) in first.stdout

    second = bash(clone, "tools/quickstart.sh", "--minutes", "0.5")
    called = [line for line in second.stdout.splitlines() if line.startswith(("train", "generate"))]
    assert called == [train.replace("minutes 9", "minutes 0.5")]


def test_quickstart_stops_with_the_training(clone):
    make_stamp(clone, make_environment(clone))
    (clone / "tools" / "train.py").write_text("raise SystemExit(130)")
    done = bash(clone, "tools/quickstart.sh")
    assert done.returncode == 130
    assert "samples" not in done.stdout
