"""Writes a page on which a model plays in the browser."""

import argparse

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.export.site import export_site


def run(args: argparse.Namespace) -> None:
    """Export."""
    inferencer = CTSVGInferencer(args.weights, "cpu", tuning=args.tuning)
    found = export_site(inferencer, args.out, args.runtime)
    print(
        f"{found['bytes'] / 1e6:.1f} MB; frames differ from PyTorch's by at most "
        f"{found['difference']:.1g} of 2"
    )
    print(f"show it by: python -m http.server --directory {args.out}")
    print(args.out / "index.html")
