"""Measures how fast triplets can be read: packed, from folders, from videos, and the naive way."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("benchmark-data")
