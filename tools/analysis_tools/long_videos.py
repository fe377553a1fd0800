"""Shows what becomes of people in videos of thousands of frames, by what the linear term does."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("long-videos")
