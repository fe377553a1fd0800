"""Edits a motion: gains by frequency, loops, mixtures, steps along principal directions."""

from mmctsvg.cli.edit_motion import main

if __name__ == "__main__":
    main()
