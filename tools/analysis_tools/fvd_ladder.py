"""Draws how FVD rises with the strength of five distortions of drawn people."""

from mmctsvg.cli.fvd_ladder import main

if __name__ == "__main__":
    main()
