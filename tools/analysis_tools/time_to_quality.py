"""Says how long trainings took until their validations reached given numbers."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("time-to-quality")
