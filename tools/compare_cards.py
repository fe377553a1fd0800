"""Compares two evaluation cards; numbers of different protocols are never subtracted."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("compare-cards")
