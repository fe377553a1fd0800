"""Shows the path of a clip through the latents of an image generator (appendix 1 of the paper)."""

import argparse

import numpy as np

from mmctsvg.analysis.latent_path import (
    describe,
    invert_frames,
    path_pca,
    random_walk,
    shuffled_order,
)
from mmctsvg.apis.arguments import choose_device
from mmctsvg.checkpoints import load_generator
from mmctsvg.datasets.clip import read_clip
from mmctsvg.evaluation.backbones.lpips import load_lpips
from mmctsvg.inversion.objective import Objective
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import make_folder, write_json
from mmctsvg.utils.progress import progress_bar
from mmctsvg.visualization.latent_path_plot import plot_latent_paths

from .arguments import pick


def run(args: argparse.Namespace) -> None:
    """Invert the clip, and its frames in a random order; compare and draw."""
    device = choose_device(args.device)
    generator, card = load_generator(args.weights, device)
    if not all(hasattr(generator, name) for name in ("mapping", "synthesise", "style_dim")):
        raise UserError(
            f"{args.weights}: makes videos, not images; give an image generator, such as that of "
            "stage 1 of MoCoGAN-HD"
        )
    options = dict(folder_fps=card["fps"], max_frames=args.frames)
    frames = read_clip(args.clip, generator.size, crop=args.crop, **options).frames
    if len(frames) <= args.components or generator.style_dim < args.components:
        raise UserError(
            f"components={args.components}: {len(frames)} frames in {generator.style_dim} "
            f"dimensions have {min(len(frames) - 1, generator.style_dim)}; give fewer"
        )
    make_folder(args.out_dir, "out_dir")
    objective = Objective(None if args.lpips == "none" else load_lpips(args.lpips))
    orders = {
        "clip": np.arange(len(frames)),
        "frames shuffled": shuffled_order(len(frames), args.seed),
    }
    found, losses = {}, {}
    search = pick(args, "first_steps", "steps", "lr", "seed")
    with progress_bar("inverting", "frame", total=2 * len(frames)) as progress:
        for name, order in orders.items():
            path = invert_frames(
                generator, frames[order], objective, **search, on_frame=progress.update
            )
            found[name], losses[name] = path.latents, path.losses
    found["random walk"] = random_walk(len(frames), generator.style_dim, args.seed)
    pcas = {name: path_pca(path, args.components) for name, path in found.items()}
    plot_latent_paths(
        args.out_dir / "latent_path.png",
        {name: (pca.components, pca.explained, pca.cosine) for name, pca in pcas.items()},
    )
    numbers = {
        name: dict(
            cosine_content=pca.cosine.tolist(),
            explained=pca.explained.tolist(),
            components=pca.components.tolist(),
            order=orders[name].tolist() if name in orders else None,
            losses=losses[name].tolist() if name in losses else None,
        )
        for name, pca in pcas.items()
    }
    about = dict(clip=str(args.clip), weights=str(args.weights), lpips=args.lpips, **search)
    write_json(args.out_dir / "latent_path.json", {**about, "paths": numbers})
    print("cosine content (share of the variance)", *describe(list(pcas.items())), sep="\n")
    for name, left in losses.items():
        print(f"loss that is left, {name}: median {np.median(left):.4g}, most {left.max():.4g}")
    print(args.out_dir / "latent_path.png", args.out_dir / "latent_path.json", sep="\n")
