"""Shows in which directions motion vectors differ, and what each of them does."""

from mmctsvg.cli.motion_pca import main

if __name__ == "__main__":
    main()
