"""Shows one motion on other people: a grid of actors x actions, beside the clip it came from."""

from mmctsvg.cli.replay import main

if __name__ == "__main__":
    main()
