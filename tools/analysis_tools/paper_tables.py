"""Prints Tables 1 to 3 of the paper with our numbers beside the paper's."""

from mmctsvg.cli.paper_tables import main

if __name__ == "__main__":
    main()
