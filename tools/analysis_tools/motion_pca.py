"""Shows in which directions motion vectors differ, and what each of them does."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("motion-pca")
