"""Draws a study with people, shows it in the browser, and reports what people preferred."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("human-study")
