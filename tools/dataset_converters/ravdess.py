"""Converts RAVDESS: crops the faces and packs the clips for training."""

from mmctsvg.cli.convert_ravdess import main

if __name__ == "__main__":
    main()
