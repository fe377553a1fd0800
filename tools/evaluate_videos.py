"""Measures anybody's generated videos against real ones."""

from mmctsvg.cli.evaluate_videos import main

if __name__ == "__main__":
    main()
