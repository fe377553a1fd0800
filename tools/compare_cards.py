"""Compares two evaluation cards; numbers of different protocols are never subtracted."""

from mmctsvg.cli.compare_cards import main

if __name__ == "__main__":
    main()
