"""Trains a model from a config."""

from mmctsvg.cli.train import main

if __name__ == "__main__":
    main()
