"""Renders a video from a script that says who does what, with which motion, from when on."""

from mmctsvg.cli.choreograph import main

if __name__ == "__main__":
    main()
