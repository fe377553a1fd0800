"""Looks at a trained model: its videos beside real clips of cells that training never saw."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("test")
