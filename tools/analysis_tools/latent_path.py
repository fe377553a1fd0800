"""Shows the path of a clip through the latents of an image generator (appendix 1 of the paper)."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("latent-path")
