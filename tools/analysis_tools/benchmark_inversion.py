"""Measures the inversion: the official preset against the default, on the same clips in one run."""

from mmctsvg.cli.benchmark_inversion import main

if __name__ == "__main__":
    main()
