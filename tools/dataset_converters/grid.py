"""Converts GRID: crops the faces and packs the clips for training."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("convert-grid")
