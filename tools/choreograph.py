"""Renders a video from a script that says who does what, with which motion, from when on."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("choreograph")
