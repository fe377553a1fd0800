"""Campaigns of injected faults: ``python -m tests.campaigns [NAME ...] --cases N --seed S``.

Every campaign prints how often each result came out. The exit code is 1 if one was bad.
"""

import argparse
from collections import Counter
from collections.abc import Callable

from . import clips, discs, flips, fuzz_files, fuzz_settings, memory, poison, trainings

#: Name -> the campaign, which takes the number of cases and the seed of all chance.
CAMPAIGNS: dict[str, Callable[[int, int], Counter]] = {
    "kill": trainings.killed,
    "kill-ranks": trainings.killed_ranks,
    "signals": trainings.asked,
    "ranks": trainings.ranks,
    "flip-checkpoint": trainings.flipped,
    "not-finite": poison.poisoned,
    "damaged-checkpoint": poison.damaged,
    "broken-clips": clips.broken,
    "discs": discs.spoilt,
    **{f"flip-{name}": campaign for name, campaign in flips.CAMPAIGNS.items()},
    **{f"fuzz-{name}": campaign for name, campaign in fuzz_files.CAMPAIGNS.items()},
    **{f"fuzz-{name}": campaign for name, campaign in fuzz_settings.CAMPAIGNS.items()},
    **{f"memory-{name}": campaign for name, campaign in memory.CAMPAIGNS.items()},
}

#: How good results begin.
GOOD = ("accepted", "ended", "exact", "flat", "harmless", "noticed", "refused")


def is_good(result: str) -> bool:
    """Whether a result, such as ``refused`` or ``rank 1 SIGKILL: ended``, is what it should be."""
    return result.rpartition(": ")[2] in GOOD


def main() -> None:
    """Run campaigns and print their counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*CAMPAIGNS, []], metavar="NAME", default=[])
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    bad = 0
    for name in args.names or CAMPAIGNS:
        counts = CAMPAIGNS[name](args.cases, args.seed)
        shown = ", ".join(f"{count} {result}" for result, count in counts.most_common())
        print(f"{name}: {shown}", flush=True)
        bad += sum(count for result, count in counts.items() if not is_good(result))
    print(f"{bad} bad" if bad else "all good")
    raise SystemExit(bool(bad))


if __name__ == "__main__":
    main()
