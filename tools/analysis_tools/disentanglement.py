"""Measures what stays of the motion when the content changes, and the other way round."""

from mmctsvg.cli.disentanglement import main

if __name__ == "__main__":
    main()
