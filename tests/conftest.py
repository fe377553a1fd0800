"""What several tests need: a training small enough for a test, and what it leaves behind."""

import importlib
import importlib.util
import itertools
import os
import subprocess
import sys
import wave
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmctsvg.cli.main import run_verb
from mmctsvg.cli.parsers import make_parser

ROOT = Path(__file__).resolve().parents[1]
TOY = """
_base_ = ["{root}/configs/_base_/default_runtime.py"]
channels = {{4: 8, 8: 8, 16: 8}}
model = dict(
    type="CTSVG",
    generator=dict(
        type="ConditionalStyleVideoGenerator", channels=channels, motion_dim=8, content_dim=8
    ),
    time_discriminator=dict(
        type="TimeConditionedProjectionDiscriminator",
        channels=channels,
        embed_dim=8,
        head_channels=8,
        hidden_dim=16,
    ),
    shuffle_discriminator=dict(type="ShuffleDiscriminator", channels=channels, hidden_dim=16),
    ramp=(2, 6),
    r1_interval=4,
    path_interval=2,
)
model_wrapper_cfg = dict(type="mmctsvg.engine.data_parallel.GANDataParallel")
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(
        type="SynthActorsDataset", size=16, num_actors=3, num_takes=1, length=12
    ),
    sampler=dict(type="CounterSampler"),
    collate_fn=dict(type="default_collate"),
)
train_cfg = dict(type="ResumableIterBasedTrainLoop", max_iters=8)
optim_wrapper = dict(
    constructor="LazyAdamConstructor",
    optimizer=dict(type="Adam", lr=0.002, betas=(0.0, 0.99)),
)
default_hooks = dict(logger=dict(interval=2), checkpoint=dict(interval=4))
custom_hooks = [dict(type="VideoGridHook", interval=-1, rows=2, columns=2, frames=3)]
"""
_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """The user's cache as it is, but for what is known of clips; tests write into a copy."""
    from mmctsvg.utils.files import cache_dir

    real, own = cache_dir(), tmp_path_factory.mktemp("cache")
    (own / real.name).mkdir()
    for file in [*real.parent.glob("*"), *real.glob("*")]:
        if file != real and file.name not in ("clips", "features"):
            (own / file.relative_to(real.parent)).symlink_to(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(own))
        yield


@pytest.fixture
def toy_config(tmp_path):
    """Returns a maker of configs: ``toy_config({"train_cfg.max_iters": 4})`` gives its path.

    Every config has another name: MMEngine keeps global loggers by the config's name and second.
    """

    def make(changes: dict | None = None) -> Path:
        path = tmp_path / f"toy_{next(_numbers)}.py"
        path.write_text(TOY.format(root=ROOT), encoding="utf-8")
        if changes:
            cfg = Config.fromfile(path)
            cfg.merge_from_dict(changes)
            cfg.dump(path)
        return path

    return make


@pytest.fixture
def make_generator():
    """Returns a maker of little generators with random weights, always the same ones."""
    from mmctsvg.models import ConditionalStyleVideoGenerator

    def make(num_actors: int = 2, num_actions: int = 3, **kwargs) -> torch.nn.Module:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            generator = ConditionalStyleVideoGenerator(
                **{
                    "size": 16,
                    "channels": {4: 8, 8: 8, 16: 8},
                    "num_actors": num_actors,
                    "num_actions": num_actions,
                    "motion_dim": 12,
                    "content_dim": 8,
                    **kwargs,
                }
            )
            for name, parameter in generator.named_parameters():
                if name.endswith("noise_strength"):
                    torch.nn.init.constant_(parameter, 0.3)
        return generator.eval()

    return make


@pytest.fixture
def make_meta():
    """Returns a maker of what `save_generator` wants to know of a generator of `make_generator`."""

    def make(num_actors: int = 2, num_actions: int = 3, **kwargs) -> dict:
        return {
            "actors": ["ann", "bob"][:num_actors],
            "actions": ["nod", "wave", "3"][:num_actions],
            "fps": 20.0,
            "ramp": 0.5,
            **kwargs,
        }

    return make


def load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def load_tool():
    """Returns a loader of commands: ``load_tool("train").main(["config.py"])``.

    What it loads has the names of the command's module besides, and its parser's ``parse_args``.
    """

    def load(name: str) -> SimpleNamespace:
        verb = name.replace("_", "-")
        module = importlib.import_module(f"mmctsvg.cli.{name}")
        return SimpleNamespace(
            **vars(module),
            module=module,
            main=partial(run_verb, verb),
            parse_args=make_parser(verb).parse_args,
        )

    return load


@pytest.fixture(scope="session")
def official() -> ModuleType:
    """The released arithmetic once more, and files in the authors' layout."""
    return load_module(ROOT / "tests" / "official_reference.py")


@pytest.fixture
def run_tool():
    """Returns a runner of tools as programs: ``run_tool("train.py", "config.py")``."""

    def run(name: str, *arguments: object) -> subprocess.CompletedProcess:
        tool = ROOT / "tools" / name
        program = ["bash"] if tool.suffix == ".sh" else [sys.executable]
        return subprocess.run(
            [*program, str(tool), *map(str, arguments)],
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
        )

    return run


@pytest.fixture
def check_refusal(capsys):
    """Returns a checker that a tool refuses its arguments in one sentence, with exit code 2."""

    def check(main, arguments: list, *words: str) -> None:
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        assert stopped.value.code == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert lines and "error: " in lines[-1], lines
        for word in words:
            assert word in lines[-1], lines[-1]

    return check


@pytest.fixture
def beep(tmp_path):
    """A recording of two seconds of 1 kHz."""
    t = np.arange(88_200) / 44_100
    with wave.open(str(tmp_path / "beep.wav"), "wb") as file:
        file.setparams((1, 2, 44_100, 0, "NONE", ""))
        file.writeframes((16_000 * np.sin(2000 * np.pi * t)).astype("<i2").tobytes())
    return tmp_path / "beep.wav"


@pytest.fixture
def spoil_sound():
    """Returns a function that gives the AAC sound of an mp4 a codec that nobody knows."""

    def spoil(path: Path) -> None:
        data = path.read_bytes()
        assert b"mp4a" in data
        path.write_bytes(data.replace(b"mp4a", b"zzzz").replace(b"esds", b"zzzz"))

    return spoil


@pytest.fixture
def weights():
    """Returns a finder of real weights; a test is skipped where they are not in the cache."""

    from mmctsvg.evaluation.weights import find_weights
    from mmctsvg.utils.errors import UserError

    def find(name):
        try:
            return find_weights(name, offline=True)
        except UserError as error:
            pytest.skip(str(error))

    return find


class LittleNetwork(torch.nn.Module):
    """Has the call of StyleGAN-V's i3d_torchscript.pt: 400 numbers of a video."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.matrix = torch.nn.Parameter(torch.randn(6, 400, generator=generator))

    def forward(self, x, rescale: bool, resize: bool, return_features: bool):
        assert rescale and resize and return_features
        x = x / 127.5 - 1
        return (
            torch.cat([x.mean((2, 3, 4)), x.diff(dim=2).square().mean((2, 3, 4))], 1) @ self.matrix
        )


@pytest.fixture
def little_script(tmp_path):
    """A small stand-in for i3d_torchscript.pt, and its computation in numpy."""
    path = tmp_path / "i3d_torchscript.pt"
    network = LittleNetwork()
    torch.jit.script(network).save(str(path))
    matrix = network.matrix.detach().numpy()

    def features(frames):
        x = frames.astype(np.float64) / 127.5 - 1
        moving = np.square(np.diff(x, axis=0)).mean((0, 1, 2))
        return np.concatenate([x.mean((0, 1, 2)), moving]) @ matrix

    return path, features


# COCO-17 of a person who stands, in pixels of a picture of 64 x 64: arms hang down.
_STANDING = np.array(
    [[32, 10], [33, 9], [31, 9], [34, 10], [30, 10], [37, 18], [27, 18], [39, 26], [25, 26]]
    + [[40, 33], [24, 33], [35, 34], [29, 34], [35, 44], [29, 44], [35, 55], [29, 55]],
    np.float32,
)
_DRAWN_ACTIONS = ("stand", "wave", "bow")


def _draw_skeleton(action: str, frames: int, seed: int) -> Any:
    """One person in another place, size and phase for every seed."""
    from mmctsvg.evaluation.poses import Poses

    rng = np.random.default_rng(seed)
    phase = np.sin(np.arange(frames) * 0.5 + rng.uniform(0, 6))
    points = np.repeat(_STANDING[None], frames, axis=0)
    if action == "wave":
        points[:, [7, 8], 1] -= 14  # elbows and wrists up
        points[:, [9, 10], 1] -= 26
        points[:, 9, 0] += 5 * phase
        points[:, 10, 0] -= 5 * phase
    elif action == "bow":
        down = (1 + phase)[:, None] / 2
        points[:, :11, 0] += 14 * down
        points[:, :11, 1] += 16 * down
    points = (points - 32) * rng.uniform(0.8, 1.0) + 32 + rng.uniform(-3, 3, 2)
    points = points + rng.normal(0, 0.4, points.shape)
    return Poses(
        keypoint=points[None].astype(np.float32),
        score=rng.uniform(0.5, 0.9, (1, frames, 17)).astype(np.float32),
        size=(64, 64),
    )


@pytest.fixture
def draw_poses():
    """Returns a maker of skeletons: ``draw_poses("wave", frames=20, seed=1)``."""

    def draw(action: str, frames: int = 20, seed: int = 0) -> Any:
        return _draw_skeleton(action, frames, seed)

    return draw


@pytest.fixture
def drawn_actions():
    """Names of the actions that ``draw_poses`` knows."""
    return _DRAWN_ACTIONS


@pytest.fixture
def make_video():
    """Returns a maker of videos of noise: ``make_video(3, frames=16, size=8, actor="ann")``."""

    from mmctsvg.evaluation.video import Video

    def make(seed, frames=16, size=8, **labels):
        rng = np.random.default_rng(seed)
        shape = (frames, size, size, 3)
        labels = {"name": f"video{seed}", **labels}
        return Video(frames=rng.integers(0, 256, shape, dtype=np.uint8), **labels)

    return make


def pytest_terminal_summary(terminalreporter):
    """Shows how long ``--help`` of each tool took, where that was measured."""
    passed = terminalreporter.stats.get("passed", [])
    times = [text for report in passed for name, text in report.user_properties if name == "help"]
    if times:
        terminalreporter.write_line(f"seconds of --help: {', '.join(times)}")
