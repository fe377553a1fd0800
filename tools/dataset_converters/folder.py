"""Converts anybody's clips: cuts them out and packs them for training."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("convert-folder")
