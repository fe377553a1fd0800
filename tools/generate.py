"""Generates videos of any actors doing any actions, with any motions, of any length."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("generate")
