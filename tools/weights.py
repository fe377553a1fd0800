"""Lists, fetches and verifies the pretrained weights of the metrics."""

from mmctsvg.cli.weights import main

if __name__ == "__main__":
    main()
