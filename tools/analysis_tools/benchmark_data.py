"""Measures how fast triplets can be read: packed, from folders, from videos, and the naive way."""

from mmctsvg.cli.benchmark_data import main

if __name__ == "__main__":
    main()
