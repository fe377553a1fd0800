"""Says how long trainings took until their validations reached given numbers."""

import argparse
from statistics import median

from mmctsvg.analysis.time_to_quality import (
    Bound,
    first_within,
    plot_validations,
    read_validations,
)
from mmctsvg.utils.errors import UserError


def run(args: argparse.Namespace) -> None:
    """Print a line for every training and the median, and draw the numbers over time."""
    bounds = [Bound(*pair) for pair in args.at_least]
    bounds += [Bound(*pair, most=True) for pair in args.at_most]
    if not bounds:
        raise UserError("nothing to reach: give at_least=NAME=VALUE or at_most=NAME=VALUE")
    trainings = {str(folder): read_validations(folder, bounds) for folder in args.work_dirs}
    reached = []
    for name, validations in trainings.items():
        first = first_within(validations, bounds)
        shown, when = first or validations[-1], "not until"
        if first:
            reached.append(first.seconds)
            when = "at"
        numbers = ", ".join(f"{key} {value:.4g}" for key, value in shown.numbers.items())
        print(f"{name}: {when} iteration {shown.iteration}, {shown.seconds:.0f} s: {numbers}")
    middle = f", after {median(reached):.0f} s in the median" if reached else ""
    print(f"{len(reached)} of {len(trainings)} trainings got there{middle}")
    plot_validations(args.out, trainings, bounds)
    print(f"The numbers over time are in {args.out}")
