"""Looks at a trained model: its videos beside real clips of cells that training never saw."""

from mmctsvg.cli.test import main

if __name__ == "__main__":
    main()
