"""Trains a model from a config."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("train")
