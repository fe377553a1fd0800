"""The command lines of all commands, with the texts of ``--help``.

A command is a function that adds its arguments to a parser; its docstring is the description.
"""

from collections.abc import Callable
from inspect import getdoc

from . import (
    analysis,
    benchmarks,
    data,
    evaluation,
    export,
    generation,
    machine,
    motion,
    training,
)
from .common import Parser

_GROUPS: dict[str, tuple[Callable[[Parser], None], ...]] = {
    "Training": (
        training.train,
        training.watch,
        training.config,
        training.train_pose,
        training.train_recognizer,
    ),
    "Videos": (generation.generate, generation.choreograph),
    "Motions": (motion.invert, motion.tune, motion.edit_motion),
    "Measuring": (
        evaluation.test,
        evaluation.evaluate_videos,
        evaluation.compare_cards,
        evaluation.paper_tables,
        analysis.compare_methods,
        evaluation.human_study,
        evaluation.weights,
    ),
    "This machine": (machine.doctor,),
    "Data and checkpoints": (
        data.convert_folder,
        data.convert_grid,
        data.convert_mead,
        data.convert_ravdess,
        data.convert_utd_mhad,
        data.convert_official,
        data.check_dataset,
        data.browse_dataset,
    ),
    "Sharing": (export.export, export.export_web),
    "Studies": (
        analysis.disentanglement,
        analysis.long_videos,
        analysis.motion_pca,
        analysis.motion_waves,
        analysis.latent_path,
        analysis.motion_size_study,
        analysis.motion_benchmark,
        analysis.fit_takes,
        analysis.fvd_ladder,
    ),
    "Speed": (
        benchmarks.benchmark,
        benchmarks.benchmark_data,
        benchmarks.benchmark_inversion,
        analysis.time_to_quality,
    ),
}

#: Verb, as it is typed, -> what adds its arguments. `mmctsvg.cli` has a module of its name.
VERBS = {
    define.__name__.replace("_", "-"): define for group in _GROUPS.values() for define in group
}


def make_parser(verb: str, prog: str | None = None) -> Parser:
    """Return the parser of a command, a key of `VERBS`; ``prog`` is its name as it was typed."""
    define = VERBS[verb]
    parser = Parser(prog or f"mmctsvg {verb}", getdoc(define) or "")
    define(parser)
    return parser


def list_verbs() -> str:
    """List all commands in groups, one line each."""
    lines = []
    width = max(map(len, VERBS))
    for title, group in _GROUPS.items():
        lines.append(f"\n{title}:")
        for define in group:
            verb = define.__name__.replace("_", "-")
            lines.append(f"  {verb:{width}}  {(getdoc(define) or '').splitlines()[0]}")
    return "\n".join(lines)
