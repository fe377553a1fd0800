"""Tunes a model to the person in a clip whose motion tools/invert.py found."""

from mmctsvg.cli.tune import main

if __name__ == "__main__":
    main()
