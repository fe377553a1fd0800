from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmctsvg.analysis.motion_benchmark import SCORES, Benchmark, DrawnEntry
from mmctsvg.analysis.motion_entries import (
    FolderEntry,
    GeneratorEntry,
    nearest_actor,
    wanted_videos,
)
from mmctsvg.analysis.motion_scores import grid_records
from mmctsvg.apis.opening import wrap_generator
from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.evaluation.metrics.synth_truth import NAMES
from mmctsvg.evaluation.video import read_video
from mmctsvg.models.abilities import Abilities
from mmctsvg.models.baselines.imaginator_networks import ImaGINatorGenerator
from mmctsvg.models.baselines.mocogan_hd_generator import MoCoGANHDGenerator
from mmctsvg.models.baselines.stylegan_v_generator import StyleGANVGenerator
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_float
from mmctsvg.visualization.video import FrameFolder, VideoWriter

DRAWN = SynthActorsDataset(size=32, num_takes=1)
CELLS = [("Mia", "nod", False), ("Mia", "wave", True), ("George", "wave", True)]


@pytest.fixture
def benchmark():
    """A benchmark of two clips, one motion and three pairs."""
    benchmark = Benchmark(clips=2, motions=1, clip_frames=10, grid_frames=12)
    benchmark.__dict__["cells"] = CELLS
    benchmark.__dict__["held_out"] = Benchmark(clips=2, clip_frames=10).held_out
    return benchmark


class DrawnGenerator:
    """A generator that draws as it is told: a take for a motion, and a content for what it is not.

    Content n is person n, or the person in the start frame; it shows a wave where no action can be
    told.
    """

    size, fps = 32, 15.0

    def __init__(self, actors=(), actions=(), needs=(), **abilities):
        self.actors, self.actions = actors, actions
        self.abilities = Abilities(needs=needs, **abilities)
        self.start_frame = None
        self.starts = []

    def content_of(self, seed):
        return {"content": seed if self.start_frame is None else self.start_frame(seed)}

    def motion_of(self, seed):
        return {"motion": seed}

    def render(self, times, actor=None, action=None, motion=None, content=None, seed=0):
        if isinstance(content, np.ndarray):
            self.starts.append(content)
            content = NAMES.index(nearest_actor(content[None]))
        who = NAMES.index(actor) if actor else content % len(NAMES)
        what = synth.ACTIONS.index(action or "wave")
        video = DRAWN.render(who, what, motion, np.array(list(times)))
        return to_float(torch.from_numpy(video).movedim(-1, 1))


def labels(videos):
    return {cell: (v.actor, v.action, v.motion, v.seen) for cell, v in videos.items()}


def test_whoever_can_be_told_is_told(benchmark):
    entry = GeneratorEntry(
        DrawnGenerator(NAMES, synth.ACTIONS, ("actor", "action"), inverts=True), benchmark, None
    )
    videos = entry.show(5)
    assert labels(videos) == {f"{a}/{b}": (a, b, "5", seen) for a, b, seen in CELLS}
    expected = DrawnEntry(benchmark, 32, "real").show(5)
    for cell, video in videos.items():
        assert (video.frames == expected[cell].frames).all()
    assert all(entry.refusal(name) is None for name in ("recovery", "replay", "transfer_unseen"))


def test_who_and_what_cannot_be_told_are_recognised(benchmark):
    benchmark.__dict__["cells"] = Benchmark().cells[:9]
    entry = GeneratorEntry(DrawnGenerator(), benchmark, None)
    videos = entry.show(2)
    assert labels(videos) == {
        f"content{n:02d}/": (NAMES[n % 8], "wave", "2", None) for n in range(9)
    }
    reasons = {name: entry.refusal(name) for name in ("recovery", "synchrony", "transfer_seen")}
    assert reasons["synchrony"] is None
    assert (
        reasons["recovery"].startswith("not applicable: ")
        and "motion of a clip" in reasons["recovery"]
    )
    assert reasons["transfer_seen"].endswith("cannot be told an action")
    alone = GeneratorEntry(DrawnGenerator(shares_motion=False), benchmark, None)
    assert "one motion on several contents" in alone.refusal("synchrony")
    assert alone.refusal("amplitude") is None
    # One that knows actors, but no actions, shows each of them once.
    actors = GeneratorEntry(DrawnGenerator(NAMES, (), ("actor",)), benchmark, None)
    assert [v.actor for v in actors.show(0).values()] == list(
        dict.fromkeys(c[0] for c in benchmark.cells)
    )


def test_start_frames_tell_the_actor(benchmark):
    needs = ("start frame", "action")
    generator = DrawnGenerator((), synth.ACTIONS, needs, longest=12, times="whole")
    entry = GeneratorEntry(generator, benchmark, None)
    assert labels(entry.show(1)) == {f"{a}/{b}": (a, b, "1", seen) for a, b, seen in CELLS}
    assert entry.refusal("transfer_unseen") is None
    # Mia's nods are held out, so the video begins with another action of hers.
    for start, (actor, action, seen) in zip(generator.starts, CELLS, strict=True):
        shown = action if seen else "speak"
        cell = NAMES.index(actor), synth.ACTIONS.index(shown), 0
        assert (start == DRAWN.render(*cell, 0.0)).all()
    short = DrawnGenerator((), synth.ACTIONS, needs, longest=11, times="whole")
    refused = GeneratorEntry(short, benchmark, None)
    assert "at most 11 frames" in refused.refusal("amplitude") == refused.refusal("synchrony")


def make_baselines():
    """The three methods of the baselines, with random weights."""
    torch.manual_seed(0)
    channels = {4: 8, 8: 8, 16: 8, 32: 4}
    small = {"content_dim": 5, "code_dim": 4, "periods": 3, "longest": 64, "max_frames": 40}
    images = {"type": "StyleImageGenerator", "channels": channels, "style_dim": 5}
    options = {"base": 2, "noise_dim": 5, "appearance_dim": 3, "middle": (2, 3)}
    walker = MoCoGANHDGenerator(32, images, hidden=4, directions=3)
    walker.walk.directions.copy_(torch.linalg.qr(torch.randn(5, 5))[0][:3])
    walker.walk.deviations.fill_(9)
    return {
        "StyleGAN-V": StyleGANVGenerator(32, channels, **small),
        "MoCoGAN-HD": walker,
        "ImaGINator": ImaGINatorGenerator(64, 32, 5, **options),
    }


@pytest.mark.parametrize("method", ["StyleGAN-V", "MoCoGAN-HD", "ImaGINator"])
def test_baselines_take_part(benchmark, method):
    starts = method == "ImaGINator"
    meta = {"actors": [], "actions": list(synth.ACTIONS) if starts else [], "fps": 15.0}
    inferencer = wrap_generator(make_baselines()[method].eval(), meta)
    entry = GeneratorEntry(inferencer, benchmark, None)
    missing = {name for name in SCORES if entry.refusal(name)}
    transfer = set() if starts else {"transfer_seen", "transfer_unseen"}
    assert missing == {"recovery", "replay"} | transfer
    shown, again, other = entry.show(0), entry.show(0), entry.show(1)
    for cell, video in shown.items():
        assert video.frames.shape == (12, inferencer.size, inferencer.size, 3)
        assert (video.frames == again[cell].frames).all()
    assert any((video.frames != other[cell].frames).any() for cell, video in shown.items())
    records = grid_records(shown, 12)
    assert [r["content"] for r in records] == (
        ["Mia", "Mia", "George"] if starts else ["content00", "content01", "content02"]
    )


def test_generators_of_others_are_refused(benchmark):
    with pytest.raises(UserError, match="knows the actors ann, Mia; .* SynthActorsDataset"):
        GeneratorEntry(DrawnGenerator(("ann", "Mia")), benchmark, None)
    with pytest.raises(UserError, match="knows the actions nod; "):
        GeneratorEntry(DrawnGenerator(NAMES, ("nod",)), benchmark, None)
    tiny = DrawnGenerator()
    tiny.size = 16
    with pytest.raises(UserError, match="frames of 16 pixels"):
        GeneratorEntry(tiny, benchmark, None)


def test_recovered_motions_are_replayed(benchmark):
    """On the actor that is asked for, or on another content, whose person is recognised."""
    motion = SimpleNamespace(times=range(10))
    asked = []

    class Inverter(DrawnGenerator):
        def render(self, times, actor=None, action=None, motion=None, content=None):
            asked.append((actor, action, content))
            return super().render(times, actor, action, 3, content)

    clip = benchmark.held_out[0]
    options = {"benchmark": benchmark, "find_motion": lambda clip: motion}
    told = Inverter(NAMES, synth.ACTIONS, ("actor", "action"), inverts=True)
    frames, actor = GeneratorEntry(told, **options).replay(clip, "Omar")
    assert actor == "Omar" and frames.shape == (10, 32, 32, 3)
    frames, actor = GeneratorEntry(Inverter(inverts=True), **options).replay(clip, "Omar")
    assert actor == NAMES[1]
    assert asked == [("Omar", clip.action, None), (None, None, 1)]


@pytest.fixture
def folder(tmp_path, benchmark):
    """What a system of real clips hands in, as images."""
    drawn = DrawnEntry(benchmark, 32, "real")
    clips = {clip.name: clip for clip in benchmark.held_out}
    shown = drawn.show(0)
    for row in wanted_videos(benchmark):
        part, name = row["path"].split("/", 1)
        if part == "grid":
            frames = shown[f"{row['actor']}/{row['action']}"].frames
        else:
            frames = drawn.replay(clips[name], row["actor"])[0]
        assert len(frames) == row["frames"]
        with FrameFolder(tmp_path / row["path"]) as writer:
            writer.write(frames)
    return tmp_path


def test_a_folder_shows_what_lies_in_it(benchmark, folder):
    entry, drawn = FolderEntry(folder, benchmark), DrawnEntry(benchmark, 32, "real")
    assert entry.size == 32 and all(entry.refusal(n) is None for n in ("replay", "transfer_seen"))
    assert not entry.notes
    assert labels(entry.show(0)) == labels(drawn.show(0))
    for cell, video in entry.show(0).items():
        assert (video.frames == drawn.show(0)[cell].frames).all()
    for clip in benchmark.held_out:
        other = benchmark.replayed(clip).actor
        assert (entry.recover(clip) == drawn.recover(clip)).all()
        assert (entry.replay(clip, other)[0] == drawn.replay(clip, other)[0]).all()


def test_compressed_videos_are_noted(benchmark, folder):
    one = folder / "grid" / "motion0" / "George-wave"
    frames = read_video(one).frames
    damage(folder, "missing")
    with VideoWriter(one.with_suffix(".mp4"), 15) as writer:
        writer.write(frames)
    (note,) = FolderEntry(folder, benchmark).notes
    assert note.startswith("1 videos are no folders of images: ")


def test_parts_may_be_missing_and_contents_without_names(benchmark, folder):
    for name in ("recovery", "replay"):
        (folder / name).rename(folder / f"no_{name}")
    motion = folder / "grid" / "motion0"
    for number, (actor, action, _) in enumerate(CELLS):
        (motion / f"{actor}-{action}").rename(motion / f"content{number:02d}")
    entry = FolderEntry(folder, benchmark)
    assert entry.refusal("recovery") == "not applicable: there is no folder recovery"
    assert "cannot be told" in entry.refusal("transfer_seen") and not entry.refusal("synchrony")
    shown = labels(entry.show(0))
    assert [who for who, *_ in shown.values()] == ["Mia", "Mia", "George"]
    assert {what for _, what, *_ in shown.values()} == {"wave"}  # what most of them show


def damage(folder: Path, what: str) -> None:
    one = folder / "grid" / "motion0" / "George-wave"
    frames = np.zeros((12, 32, 32, 3), np.uint8)
    if what in ("missing", "rate"):
        for file in one.iterdir():
            file.unlink()
        one.rmdir()
    if what == "rate":
        with VideoWriter(one.with_suffix(".mp4"), 25) as writer:
            writer.write(frames)
    if what == "other":
        one.rename(one.with_name("George-sing"))
    if what == "extra":
        FrameFolder(one.with_name("Mia-sing")).write(frames)
    if what == "length":
        (one / "000011.png").unlink()
    if what == "size":
        FrameFolder(one).write(np.zeros((12, 48, 48, 3), np.uint8))
    if what == "shape":
        FrameFolder(one).write(np.zeros((12, 32, 48, 3), np.uint8))
    if what == "motion":
        one.parent.rename(one.parent.with_name("motion1"))
    if what == "picture":
        (one / "000000.png").write_bytes(b"no image")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("missing", r"grid/motion0: lacks 1 of 3 videos, such as George-wave; "),
        ("other", r"grid/motion0: lacks 1 of 3 videos"),
        ("extra", r"grid/motion0: holds the video Mia-sing, which"),
        ("length", r"George-wave: has 11 frames; .* asks for 12"),
        ("size", r"George-wave: is 48 pixels wide and others 32"),
        ("shape", r"George-wave: is 48x32; .* square"),
        ("rate", r"George-wave.mp4: has 25 frames per second; the benchmark has 15\."),
        ("motion", r"grid: lacks 1 of 1 folders, such as motion0"),
        ("picture", r"George-wave"),
    ],
)
def test_wrong_folders_are_refused_at_once(benchmark, folder, what, said):
    damage(folder, what)
    with pytest.raises(UserError, match=said):
        FolderEntry(folder, benchmark)


def test_an_empty_folder_is_refused(benchmark, tmp_path):
    with pytest.raises(UserError, match="none of the folders recovery, replay and grid"):
        FolderEntry(tmp_path, benchmark)
