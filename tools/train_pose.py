"""Trains the network that finds skeletons in depth, and measures it on people left out."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("train-pose")
