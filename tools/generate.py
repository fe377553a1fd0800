"""Generates videos of any actors doing any actions, with any motions, of any length."""

from mmctsvg.cli.generate import main

if __name__ == "__main__":
    main()
