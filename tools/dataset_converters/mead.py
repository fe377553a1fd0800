"""Converts MEAD: crops the faces and packs the clips for training."""

from mmctsvg.cli.convert_mead import main

if __name__ == "__main__":
    main()
