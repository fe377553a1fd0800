"""Writes a generator as one ONNX file or PyTorch program."""

import argparse

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.export.program import export


def run(args: argparse.Namespace) -> None:
    """Export."""
    difference = export(CTSVGInferencer(args.weights, "cpu"), args.out, args.vectors)
    size = args.out.stat().st_size / 1e6
    print(f"{size:.1f} MB; frames differ from PyTorch's by at most {difference:.1g} of 2")
    print(args.out)
