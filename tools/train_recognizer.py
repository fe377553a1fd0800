"""Trains the action recogniser that judges generated films, and measures it on held-out real clips."""

from mmctsvg.cli.train_recognizer import main

if __name__ == "__main__":
    main()
