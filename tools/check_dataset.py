"""Checks a list of clips and says everything that is wrong with it at once."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("check-dataset")
