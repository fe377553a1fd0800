"""Measures how fast a config trains and renders here, against what the hardware can do."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("benchmark")
