"""Shows the waves that a model has learned: how fast and how large they are, and what they move."""

from mmctsvg.cli.motion_waves import main

if __name__ == "__main__":
    main()
