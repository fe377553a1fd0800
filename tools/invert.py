"""Finds the motion vector with which a model shows a clip."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("invert")
