"""Edits a motion: gains by frequency, loops, mixtures, steps along principal directions."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("edit-motion")
