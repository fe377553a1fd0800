"""Writes a page on which a model plays in the browser."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("export-web")
