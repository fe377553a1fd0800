"""Converts anybody's clips: cuts them out and packs them for training."""

from mmctsvg.cli.convert_folder import main

if __name__ == "__main__":
    main()
