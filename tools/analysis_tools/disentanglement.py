"""Measures what stays of the motion when the content changes, and the other way round."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("disentanglement")
