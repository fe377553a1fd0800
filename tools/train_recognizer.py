"""Trains the action recogniser of generated videos, and measures it on held-out real clips."""

from mmctsvg.cli.train_recognizer import main

if __name__ == "__main__":
    main()
