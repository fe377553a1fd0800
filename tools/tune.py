"""Tunes a model to the person in a clip whose motion tools/invert.py found."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("tune")
