"""Fits a generator to drawn takes by their colours, to see what its trajectories can hold."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("fit-takes")
