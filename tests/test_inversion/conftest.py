import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmctsvg.datasets.clip import Clip
from mmctsvg.inversion import invert, tune
from mmctsvg.inversion.objective import Objective, Problem


@pytest.fixture
def make_clip():
    """Returns a maker of clips from frames and their times in frames of the training."""

    def make(inferencer, frames, times=None, fps=7.0):
        times = np.arange(len(frames)) if times is None else np.asarray(times)
        seconds, path = times / inferencer.fps, Path("clip.mp4")
        return Clip(frames=frames, seconds=seconds, fps=fps, box=None, path=path, info={"c": "d"})

    return make


@pytest.fixture
def find(make_clip):
    """Returns `invert` with what an inferencer knows."""

    def find(inferencer, clip, actor=None, action=None, **options):
        clip = clip if isinstance(clip, Clip) else make_clip(inferencer, clip)
        contents = inferencer.contents(actor, action)
        return invert(inferencer.generator, clip, contents, fps=inferencer.fps, **options)

    return find


@pytest.fixture
def fit(make_clip):
    """Returns `tune` with what an inferencer knows."""

    def fit(inferencer, clip, motion, **options):
        clip = clip if isinstance(clip, Clip) else make_clip(inferencer, clip)
        known = {"action": None, "ramp": inferencer.card["ramp"]}
        if motion.action is not None:
            known["action"] = inferencer.find_action(motion.action)
        content = inferencer.motion_content(motion)
        return tune(inferencer.generator, clip, motion, content, **{**known, **options})

    return fit


@pytest.fixture
def problem(make_generator):
    """A video of a little generator, as a clip, with the motion that made it."""

    def make(length=12, **kwargs):
        generator = make_generator(0, 0, **kwargs).requires_grad_(False)
        for layer in generator.synthesis.to_rgbs:  # so that few colours are cut at black and white
            layer.conv.weight *= 0.2
        draw = torch.Generator().manual_seed(5)
        with torch.no_grad():
            m = generator.mapper.sample(1, draw)
            w_c = generator.content(z_c=torch.randn(1, generator.z_c_dim, generator=draw))
            times = torch.arange(length).double() / 4
            video = generator.video(generator.styles(w_c, m, times[None]))[0]
        target = (video.clamp(-1, 1) + 1).mul(127.5).round().to(torch.uint8).movedim(1, -1)
        return Problem(generator, target, times, Objective()), m, w_c

    return make


@pytest.fixture
def peak_of_a_step():
    """Peak memory in MB of a process that takes one step on a clip of the demo's size."""

    def measure(length, step):
        code = f"""
import resource, torch
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.inversion.objective import Objective, Problem
from mmctsvg.inversion.pivotal import PivotalSettings, PivotalTuning
from mmctsvg.inversion.settings import Settings
from mmctsvg.inversion.temporal import TemporalInversion
generator = CTSVGInferencer("demo", "cpu").generator
target = torch.zeros({length}, generator.size, generator.size, 3, dtype=torch.uint8)
problem = Problem(generator, target, range({length}), Objective())
start = problem.start(torch.zeros(1, generator.motion_dim), torch.zeros(generator.content_dim))
{step}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return float(run.stdout)

    return measure


class Perceptual(torch.nn.Module):
    """Has the calls of LPIPS: mean squared difference of neighbouring columns' differences."""

    def __init__(self):
        super().__init__()
        self.sides = []  # of the pictures that were compared, call by call
        self.seen = 0  # pictures whose features were computed

    def features(self, images):
        self.seen += len(images)
        return [images.diff(dim=-1)]

    def compare(self, a, b):
        assert len(a) == len(b) == 1 and a[0].shape == b[0].shape
        self.sides.append(a[0].shape[-1] + 1)
        return (a[0] - b[0]).square().mean(dim=(1, 2, 3), keepdim=True)


@pytest.fixture
def perceptual():
    return Perceptual()
