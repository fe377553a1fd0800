"""Prints a config after all inheritance, or what a training from it takes on this machine."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("config")
