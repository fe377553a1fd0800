"""Shows the waves that a model has learned: how fast and how large they are, and what they move."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("motion-waves")
