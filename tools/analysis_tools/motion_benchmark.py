"""Measures how well any system moves drawn people, whose true motion is known."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("motion-benchmark")
