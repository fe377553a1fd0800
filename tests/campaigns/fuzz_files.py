"""Files with anything in them: accepted, or refused in a sentence."""

import json
import math
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from hypothesis import strategies as st
from safetensors.torch import load_file

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints import load_generator
from mmctsvg.checkpoints.tuning import load_tuning
from mmctsvg.choreography import read_script
from mmctsvg.choreography.perform import prepare
from mmctsvg.datasets import TripletVideoDataset
from mmctsvg.datasets.readers import open_clip
from mmctsvg.evaluation.cards import compare_cards, read_card, render_card
from mmctsvg.motion import load_motion

from . import flips, little
from .drawing import NUMBERS, VALUES, changed, quiet_folder, spoilt
from .judging import fuzz


def index(cases: int, seed: int) -> Counter[str]:
    """The index of a pack."""
    with quiet_folder() as folder:
        path = little.write_pack(folder).with_suffix(".jsonl")
        text = path.read_bytes()
        header, *lines = [json.loads(line) for line in text.splitlines()]
        for line in lines:
            del line["crc"]  # who means harm can compute it
        numbers = iter(range(sys.maxsize))

        def attempt(content: bytes | list) -> None:
            if isinstance(content, list):
                content = b"".join(json.dumps(line).encode() + b"\n" for line in [header, *content])
            path.write_bytes(content)
            number = next(numbers)
            os.utime(path, ns=(number, number))
            for name in little.CLIPS:
                clip = open_clip(path.with_suffix(".zip") / name)
                clip.read(np.arange(min(clip.length, 8)))

        trees = changed(lines).map(lambda tree: tree if isinstance(tree, list) else [tree])
        return fuzz(spoilt(text) | trees, attempt, cases, seed)


def cards(cases: int, seed: int) -> Counter[str]:
    """The cards of generators, and evaluation cards."""
    with quiet_folder() as folder:
        generator = little.write_generator(folder)
        whole = generator.read_bytes()
        evaluation = flips.write_card_file(folder)
        text = evaluation.read_bytes()
        right = read_card(evaluation)
        card = load_generator(generator)[1]

        def attempt(drawn: tuple[str, Any]) -> None:
            kind, content = drawn
            if kind == "generator":
                generator.write_bytes(whole)
                little.rewrite(generator, lambda _: content)
                model, found = load_generator(generator)
                inferencer = CTSVGInferencer.from_generator(model, found)
                inferencer.render([0.0, 1.5], 0, 0, inferencer.find_motion("0"))
                return
            if kind == "tree":
                content = json.dumps(content).encode()
            evaluation.write_bytes(content)
            found = read_card(evaluation)
            render_card(found)
            compare_cards(right, found)

        values = st.one_of(
            st.tuples(st.just("generator"), changed(card)),
            st.tuples(st.just("tree"), changed(right)),
            st.tuples(st.just("bytes"), spoilt(text)),
        )
        return fuzz(values, attempt, cases, seed)


def motions(cases: int, seed: int) -> Counter[str]:
    """Motion and tuning files: cards, and tensors of other shapes, types and names."""
    with quiet_folder() as folder:
        generator = little.make_generator()
        files = [
            _Tensors(little.write_motion(folder), lambda path: _use_motion(path, generator)),
            _Tensors(little.write_tuning(folder), lambda path: load_tuning(path).apply(generator)),
        ]

        def attempt(drawn: tuple[int, Any, dict[str, Any]]) -> None:
            number, card, tensors = drawn
            files[number].attempt(card, tensors)

        values = st.one_of(
            *(
                st.tuples(st.just(number), file.cards | st.none(), file.tensors)
                for number, file in enumerate(files)
            )
        )
        return fuzz(values, attempt, cases, seed)


class _Tensors:
    """A safetensors file whose card and tensors become others."""

    def __init__(self, path: Path, use: Callable[[Path], Any]) -> None:
        self.path, self.use, self.whole = path, use, path.read_bytes()
        self.right = load_file(path)
        cards: list[dict] = []
        little.rewrite(path, lambda card: cards.append(card) or card)
        self.cards = changed(cards[0])
        shapes = st.lists(st.integers(0, 7), max_size=3)
        kinds = st.sampled_from(
            [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool]
            + [torch.uint8, torch.complex64, torch.float8_e4m3fn]
        )
        contents = st.sampled_from([0.0, 1.0, -1e30, math.nan, math.inf])
        names = st.sampled_from([*self.right, "other", "0.to_rgbs.0.bias", "1.constant", "person"])
        drawn = st.tuples(shapes, kinds, contents) | st.none()
        self.tensors = st.dictionaries(names, drawn, max_size=2)

    def attempt(self, card: Any, changes: dict[str, Any]) -> None:
        """Write the file with changes, and use it."""
        tensors = dict(self.right)
        for name, new in changes.items():
            if new is None:
                tensors.pop(name, None)
            else:
                shape, kind, content = new
                tensors[name] = torch.full(shape, 1.0 if kind == torch.int64 else content).to(kind)
        self.path.write_bytes(self.whole)
        little.rewrite(self.path, lambda own: own if card is None else card, tensors)
        self.use(self.path)


def _use_motion(path: Path, generator: torch.nn.Module) -> None:
    motion = load_motion(path, generator)
    times = torch.from_numpy(motion.model_times(np.arange(3) / 25))
    if motion.is_edited:
        motion.style.temporal(times)
    else:
        generator.mapper.trajectory(motion.m[None], times[None])


def lists(cases: int, seed: int) -> Counter[str]:
    """CSV lists of clips and ``meta.json`` beside them, of which a data set is made and read."""
    rows = "".join(f"{clip},{i},1,{i}\n" for i, clip in enumerate(little.CLIPS)).encode()
    rows = b"path,label,is_train,person\n" + rows
    names = {"format": "mmctsvg clips 1", "actors": ["ann", "bob"], "actions": ["nod", "wave"]}
    cells = st.one_of(
        st.sampled_from([*little.CLIPS, "0", "1", "", "a" * 5000, "..", "\0"]),
        st.text(max_size=30),
        st.integers().map(str),
    )
    tables = st.lists(st.lists(cells, max_size=5).map(",".join), max_size=4).map(
        lambda lines: "\n".join(["path,label,is_train,person", *lines]).encode(errors="replace")
    )
    with quiet_folder() as folder:
        little.write_folders(folder)

        def attempt(drawn: tuple[bytes, Any, bool]) -> None:
            content, meta, allow_bad_clips = drawn
            (folder / "list.csv").write_bytes(content)
            (folder / "meta.json").write_text(json.dumps(meta))
            options = dict(size=16, fps=25, allow_bad_clips=allow_bad_clips)
            TripletVideoDataset(annotations=str(folder / "list.csv"), **options)[0]

        contents = st.just(rows) | st.binary(max_size=60) | spoilt(rows) | tables
        metas = changed(names) | st.just(names)
        return fuzz(st.tuples(contents, metas, st.booleans()), attempt, cases, seed)


_SCRIPT = {
    "fps": 10,
    "length": "6 s",
    "score": {
        "0 s": {"actor": "ann", "action": 0, "motion": 3},
        "12 frames": {"action": "nod", "smooth": "500 ms"},
        "0.05 min": {"actor": "bob", "motion": 5, "from": "-1 s", "slerp": 1},
    },
    "time": {"0 s": "0 s", "3": "20 frames"},
    "smooth_time": True,
}


def scripts(cases: int, seed: int) -> Counter[str]:
    """Choreographies, as YAML and as JSON."""
    times = st.tuples(NUMBERS, st.sampled_from(["s", "ms", "min", "frames", ""]))
    values = VALUES | times.map(lambda time: f"{time[0]} {time[1]}")
    trees = changed(_SCRIPT, values)
    texts = st.one_of(
        trees.map(lambda tree: yaml.safe_dump(tree, allow_unicode=True).encode()),
        trees.map(lambda tree: json.dumps(tree).encode()),
        spoilt(yaml.safe_dump(_SCRIPT).encode()),
        st.text(alphabet="[]{}&*!|>-?:,'\"# \n\t%@`ax0", max_size=60).map(str.encode),
        st.sampled_from([b"[" * 5000, b"a: " * 3000, b"&a [*a]", b"\x00", b"\xff\xfe"]),
    )
    inferencer = CTSVGInferencer.from_generator(little.make_generator(), little.META)
    with quiet_folder() as folder:

        def attempt(content: bytes) -> None:
            (folder / "script.yaml").write_bytes(content)
            performance = prepare(inferencer, read_script(folder / "script.yaml"))
            performance.styles(performance.seconds[:3])
            performance.styles(performance.seconds[-3:])

        return fuzz(texts, attempt, cases, seed)


CAMPAIGNS = {
    "index": index,
    "cards": cards,
    "motions": motions,
    "lists": lists,
    "scripts": scripts,
}
