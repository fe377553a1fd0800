"""Lists, fetches and verifies the pretrained weights of the metrics."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("weights")
