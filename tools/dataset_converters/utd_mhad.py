"""Converts UTD-MHAD: cuts out the whole bodies and packs the clips for training."""

from mmctsvg.cli.convert_utd_mhad import main

if __name__ == "__main__":
    main()
