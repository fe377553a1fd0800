"""Draws what training really sees: triplets of a config's dataset with their labels and times."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("browse-dataset")
