"""Converts a checkpoint that the authors of the paper published."""

from mmctsvg.cli.convert_official import main

if __name__ == "__main__":
    main()
