"""``python -m mmctsvg VERB ...``, for where the console command is not on the path."""

from .cli.main import main

if __name__ == "__main__":
    main()
