"""Changes the content, and looks what stays of the motion; changes the motion, and looks who it is."""

from mmctsvg.cli.disentanglement import main

if __name__ == "__main__":
    main()
