"""Edits a motion: louder or softer by frequency, looped, mixed with another, moved along its PCA."""

from mmctsvg.cli.edit_motion import main

if __name__ == "__main__":
    main()
