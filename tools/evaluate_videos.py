"""Measures anybody's generated videos against real ones."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("evaluate-videos")
