"""The mains of all commands: `tools/NAME.py` and `mmctsvg VERB` call them."""
