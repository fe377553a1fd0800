"""Trains the action recogniser of generated videos, and measures it on held-out real clips."""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from mmengine.config import Config

from mmctsvg.cli.options import read_config
from mmctsvg.engine import recognition as work
from mmctsvg.engine.config import config_errors
from mmctsvg.engine.recognition import Ranks
from mmctsvg.engine.resume import find_checkpoint
from mmctsvg.engine.work_dir import claim, remove_earlier
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json


def describe(name: str, measured: dict) -> str:
    """Describe an accuracy in one line."""
    parts = [
        f"top-1 {measured[f'{kind}_top1']:.1f} % "
        f"({measured[f'{kind}_top1_low']:.1f} to {measured[f'{kind}_top1_high']:.1f}), "
        f"top-3 {measured[f'{kind}_top3']:.1f} % of {measured[kind]} {kind}"
        for kind in ("windows", "clips")
    ]
    return f"{name}: {'; '.join(parts)}"


def read_ranks(path: Path, names: list[str]) -> Ranks | None:
    """Return what an earlier run measured on the clips of these names, if it came so far."""
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Ranks(**kept) if kept.pop("held_out") == names else None


@contextmanager
def begin(cfg: Config, work_dir: Path, resume: bool, overwrite: bool) -> Iterator[None]:
    """Keep a work dir for a training, whose config gets the checkpoint to go on from."""
    with claim(work_dir, resume or overwrite):
        checkpoint = find_checkpoint("auto" if resume else None, work_dir)
        cfg.work_dir, cfg.resume = str(work_dir), checkpoint is not None
        if checkpoint:
            cfg.load_from = str(checkpoint)
        else:
            remove_earlier(work_dir, cfg.get("load_from"))
        yield


def run(args: argparse.Namespace) -> None:
    """Train."""
    cfg = read_config(args)
    if "skeletons" not in cfg:
        raise UserError(f"{args.config}: has no 'skeletons', so it is no config of a recogniser")
    work_dir = args.work_dir or Path("work_dirs") / args.config.stem
    resume = args.resume is not None
    with config_errors(args.config):
        skeletons = work.load_skeletons(cfg.skeletons, work_dir / "skeletons.pkl")
    classes = cfg.model.cls_head.num_classes
    if classes != len(skeletons.actions):
        raise UserError(
            f"{args.config}: model.cls_head.num_classes is {classes}, but the data have "
            f"{len(skeletons.actions)} actions: {', '.join(skeletons.actions)}"
        )
    folds = list(skeletons.folds(args.folds)) if args.folds else []
    start = time.monotonic()
    out = work_dir / f"{args.config.stem}.pth"
    known, total = {}, None
    for number, (clips, held_out) in enumerate(folds, 1):
        folder = work_dir / f"fold_{number}"
        kept = folder / "ranks.json"
        names = [clip["frame_dir"] for clip in held_out]
        ranks = read_ranks(kept, names) if resume else None
        if ranks is None:
            # A fold that was interrupted begins again: it may have been another one.
            with config_errors(args.config), begin(cfg, folder, False, resume or args.overwrite):
                ranks = work.train(cfg, skeletons, clips, held_out, folder / "recognizer.pth")
            write_json(kept, {"held_out": names, **asdict(ranks)})
        print(describe(f"fold {number} of {len(folds)}", ranks.accuracy()))
        total = ranks if total is None else total + ranks
    if total:
        known = {"actors_left_out": total.accuracy()}
        print(describe("every actor left out once", known["actors_left_out"]))
    with config_errors(args.config), begin(cfg, work_dir, resume, args.overwrite):
        ranks = work.train(cfg, skeletons, skeletons.train, skeletons.test, out, **known)
    print(describe("held-out clips", ranks.accuracy()))
    print(f"done in {(time.monotonic() - start) / 60:.1f} min: the recogniser is {out}")
