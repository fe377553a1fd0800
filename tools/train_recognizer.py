"""Trains the action recogniser of generated videos, and measures it on held-out real clips."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("train-recognizer")
