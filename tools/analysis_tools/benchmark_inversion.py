"""Measures the inversion: the official preset against the default, on the same clips in one run."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("benchmark-inversion")
