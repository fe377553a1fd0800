"""Says what works in this environment, and how to mend what does not."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("doctor")
