"""How much of a clip's motion the vector m holds: inversion against the size k of the motion."""

from mmctsvg.cli.motion_size_study import main

if __name__ == "__main__":
    main()
