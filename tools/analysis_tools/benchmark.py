"""Measures how fast a config trains and renders here, against what the hardware can do."""

from mmctsvg.cli.benchmark import main

if __name__ == "__main__":
    main()
