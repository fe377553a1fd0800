"""Draws a study with people, shows it in the browser, and reports what people preferred."""

import argparse

from mmctsvg.study.folder import read_study
from mmctsvg.study.serve import StudyServer


def run(args: argparse.Namespace) -> None:
    """Make, serve or report."""
    {"make": make, "serve": serve, "report": report}[args.command](args)


def make(args: argparse.Namespace) -> None:
    """Draw the sets."""
    # What draws videos and figures takes seconds to load, and the server is to start at once.
    from mmctsvg.study.make import make_study
    from mmctsvg.study.sources import find_source

    real, *methods = map(find_source, [f"real={args.real}", *args.methods])
    options = dict(sets=args.sets, frames=args.frames, fps=args.fps, seed=args.seed)
    study = make_study(real, methods, args.out_dir, **options)
    height, width = study.size
    print(
        f"{len(study.sets)} sets of {len(study.sets[0])} videos: {study.frames} frames of "
        f"{width} x {height} at {study.fps:.4g} frames per second"
    )
    print(args.out_dir)


def serve(args: argparse.Namespace) -> None:
    """Show the page until Ctrl-C."""
    server = StudyServer(read_study(args.study), args.host, args.port, args.per_person)
    host = f"[{args.host}]" if ":" in args.host else args.host
    print(f"the study is at http://{host}:{server.server_port}/ until Ctrl-C", flush=True)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"{len(server.answers.rankings())} answers in {server.answers.path}")


def report(args: argparse.Namespace) -> None:
    """Print what people preferred."""
    from mmctsvg.study.report import write_report

    study = read_study(args.study)
    print(*write_report(study), "", sep="\n")
    print(*(study.folder / name for name in ("ranks.png", "report.json")), sep="\n")
