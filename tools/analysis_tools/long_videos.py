"""Shows what becomes of people in videos of thousands of frames, by what the linear term does."""

from mmctsvg.cli.long_videos import main

if __name__ == "__main__":
    main()
