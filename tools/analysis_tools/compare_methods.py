"""Compares methods at one budget."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("compare-methods")
