"""How much of a clip's motion the vector m holds: inversion against the size k of the motion."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("motion-size-study")
