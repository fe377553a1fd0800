"""Draws what training really sees: triplets of a config's dataset with their labels and times."""

from mmctsvg.cli.browse_dataset import main

if __name__ == "__main__":
    main()
