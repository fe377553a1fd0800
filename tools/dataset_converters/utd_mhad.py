"""Converts UTD-MHAD: cuts out the whole bodies and packs the clips for training."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("convert-utd-mhad")
