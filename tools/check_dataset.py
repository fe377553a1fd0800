"""Checks a list of clips and says everything that is wrong with it at once."""

from mmctsvg.cli.check_dataset import main

if __name__ == "__main__":
    main()
