"""Configs and command lines with anything in them: accepted, or refused in a sentence."""

import contextlib
import copy
import os
import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from mmctsvg.cli.main import run_verb
from mmctsvg.cli.parsers import VERBS, make_parser
from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.engine.checks import check_loader, check_training, optimiser_errors
from mmctsvg.engine.config import config_errors
from mmctsvg.engine.optim import LazyAdamConstructor
from mmctsvg.models import CTSVG
from mmctsvg.registry import HOOKS
from mmctsvg.utils.errors import UserError

from .drawing import NUMBERS, SCALARS, paths, put, quiet_folder
from .judging import fuzz

_CHANNELS = {4: 4, 8: 4, 16: 4}
_CONFIG = {
    "model": dict(
        generator=dict(
            **dict(type="ConditionalStyleVideoGenerator", size=16, channels=_CHANNELS),
            **dict(num_actors=2, num_actions=2, motion_dim=6, content_dim=4, content_layers=1),
            **dict(motion_layers=1, motion_lr_mul=0.01, frequency_std=1.0, linear_std=1.0),
        ),
        time_discriminator=dict(
            **dict(type="TimeConditionedProjectionDiscriminator", size=16, channels=_CHANNELS),
            **dict(num_actors=2, num_actions=2, embed_dim=4, head_channels=4, hidden_dim=4),
            **dict(time_points=3, motion_gain=0.0),
        ),
        shuffle_discriminator=dict(
            type="ShuffleDiscriminator", size=16, channels=_CHANNELS, hidden_dim=4
        ),
        **dict(r1_gamma=10.0, r1_interval=16, path_weight=2.0, path_decay=0.01, path_interval=4),
        **dict(ema_half_life=10_000, ramp=[4000, 6000], accumulate=1, seed=0),
    ),
    "dataset": dict(size=16, num_actors=2, num_takes=1, length=12, stride=1, times="paper", seed=0),
    "loader": dict(batch_size=4, num_workers=0),
    "optimizer": dict(type="Adam", lr=0.002, betas=[0.0, 0.99]),
    "hooks": dict(
        AtomicCheckpointHook=dict(interval=1000, max_keep_ckpts=2, save_begin=0),
        ProgressLoggerHook=dict(interval=50, silence=15.0),
        VideoGridHook=dict(interval=1000, rows=4, columns=5, frames=16, seed=0),
        CurvesHook=dict(interval=-1),
        ExportHook=dict(interval=-1),
    ),
}


def configs(cases: int, seed: int) -> Counter[str]:
    """The numbers of configs of trainings, put together as `CTSVGRunner` does."""
    # Types and the names of parts are MMEngine's; here it is about their values.
    places = [
        path for path in paths(_CONFIG) if len(path) > 1 and not isinstance(_find(path), dict | str)
    ]
    change = st.tuples(st.sampled_from(places), SCALARS | st.lists(NUMBERS, max_size=3))

    def attempt(changes: list[tuple[tuple, Any]]) -> None:
        config = copy.deepcopy(_CONFIG)
        for path, value in changes:
            put(config, path, value)
        with config_errors("config.py"):
            for name, arguments in config["hooks"].items():
                HOOKS.get(name)(**arguments)
            check_loader("config.py", "train_dataloader", config["loader"])
            dataset = SynthActorsDataset(**config["dataset"])
            model = CTSVG(**config["model"])
            facts, batch_size = dataset.metainfo, config["loader"]["batch_size"]
            check_training("config.py", model, {**facts, "actions": "ab"}, batch_size)
        with optimiser_errors("config.py"):
            LazyAdamConstructor(dict(optimizer=config["optimizer"]))(model)

    with little_memory():
        return fuzz(st.lists(change, min_size=1, max_size=2), attempt, cases, seed)


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    """Leave this process two gigabytes of memory, so that giants fail at once."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2 * 10**9, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _find(path: tuple) -> Any:
    node: Any = _CONFIG
    for key in path:
        node = node[key]
    return node


#: Commands that need no input, and would work for long or fetch something.
_WITHOUT_INPUT = {"benchmark", "benchmark-data", "benchmark-inversion", "fvd-ladder", "weights"}


def commands(cases: int, seed: int) -> Counter[str]:
    """Command lines of all commands; no path in them is one of a good file."""
    words = st.one_of(
        st.sampled_from(
            ["", ".", "no.safetensors", "list.csv", "a" * 5000, "0", "-1", "nan", "\0"]
        ),
        st.text(max_size=10),
        NUMBERS.map(str),
    )
    options = {
        verb: [
            option
            for action in make_parser(verb)._actions
            for option in action.option_strings
            if option not in ("--demo", "--help", "-h")
        ]
        for verb in VERBS
        if verb not in _WITHOUT_INPUT
    }
    lines = st.sampled_from(sorted(options)).flatmap(
        lambda verb: st.tuples(
            st.just(verb),
            st.lists(words | st.sampled_from(options[verb] or [""]), max_size=6),
        )
    )
    offline = mock.patch.dict(os.environ, {"MMCTSVG_OFFLINE": "1"})
    with quiet_folder() as folder, contextlib.chdir(folder), offline:
        (folder / "list.csv").write_text("path\nno.mp4\n")

        def attempt(line: tuple[str, list[str]]) -> None:
            try:
                run_verb(*line)
            except SystemExit as end:
                if end.code:
                    raise UserError("refused") from end

        return fuzz(lines, attempt, cases, seed)


CAMPAIGNS = {"configs": configs, "commands": commands}
