"""Shows in the terminal how a training goes."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("watch")
