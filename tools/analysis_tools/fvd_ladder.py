"""Draws how FVD rises with the strength of five distortions of drawn people."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("fvd-ladder")
