"""Finds the motion vector with which a model shows a clip."""

from mmctsvg.cli.invert import main

if __name__ == "__main__":
    main()
