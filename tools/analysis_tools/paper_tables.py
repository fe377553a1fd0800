"""Prints Tables 1 to 3 of the paper with our numbers beside the paper's."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("paper-tables")
