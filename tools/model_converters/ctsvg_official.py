"""Converts a checkpoint that the authors of the paper published."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("convert-official")
