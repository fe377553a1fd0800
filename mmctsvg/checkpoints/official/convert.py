"""The authors' checkpoints turned into ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor, nn

import mmctsvg
from mmctsvg.checkpoints.generator_file import CARD_KEY, make_card, save_generator
from mmctsvg.datasets.mead import MEADDataset
from mmctsvg.datasets.ravdess import RAVDESSDataset
from mmctsvg.models import CTSVG
from mmctsvg.models.losses import path_lengths
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import write_pickle

from .names import BUFFERS, filters
from .read import NETWORKS, OfficialCheckpoint, read_official


def convert_official(
    source: str | Path,
    target: str | Path,
    *,
    labels: str = "auto",
    actors: Sequence[str] | None = None,
    new_actors: Sequence[str] = (),
) -> list[str]:
    """Convert a checkpoint of the released code.

    Args:
        source: Path of their file.
        target: Path that ends in ``.pth`` (a checkpoint like those of the training) or
            ``.safetensors`` (the averaged generator alone).
        labels: Names of the labels: ``'mead'``, ``'ravdess'``, ``'numbers'`` or ``'auto'``, which
            decides by their numbers (30 and 8, 24 and 8).
        actors: Names of the actors, in the order of their numbers, instead.
        new_actors: Names of actors that the checkpoint has never seen. Each gets the mean row in
            the embeddings of G, its average and D_t, and empty moments; the other rows stay.

    Returns:
        Lines for people: the sizes, what was left out, what was decided.

    Raises:
        UserError: If `read_official` raises it, the target has another suffix or is the source, or
            names do not fit.
    """
    source, target = Path(source), Path(target)
    if target.suffix not in (".pth", ".safetensors"):
        raise UserError(
            f"{target}: converted checkpoints end in .pth (everything) or .safetensors (the "
            f"averaged generator), not in {target.suffix!r}."
        )
    if target.exists() and source.exists() and target.samefile(source):
        raise UserError(f"{target}: is the file to convert; give another place.")
    file = read_official(source)
    meta = _name_labels(file, labels, actors, new_actors)
    iteration = _iterations(file)
    lines = [_describe(file, iteration), *file.notes]
    states = {key: _our_state(file, key, lines) for key in NETWORKS}
    if new_actors:
        _add_actors(file, states, len(new_actors))
    with torch.device("meta"):
        model = CTSVG(**file.model)
    meta["ramp"] = 1.0
    meta["provenance"] = {
        "source": source.name,
        "iterations": iteration,
        "switches": dict(model.switches),
        "new_actors": list(new_actors),
        "mmctsvg": mmctsvg.__version__,
    }
    if target.suffix == ".safetensors":
        model.generator_ema.load_state_dict(states["g_ema"], assign=True)
        save_generator(target, model.generator_ema, meta)
        return lines
    checkpoint = _checkpoint(file, model, states, iteration, len(new_actors), lines)
    checkpoint[CARD_KEY] = json.dumps(make_card(model.generator_ema, meta))
    write_pickle(target, checkpoint)
    return [*lines, f"its model: set load_from={target} {_options(file.model)}"]


def _describe(file: OfficialCheckpoint, iteration: int) -> str:
    g = file.model["generator"]
    return (
        f"{file.path.name}: {g['size']} x {g['size']}, motion size {g['motion_dim']}, content size "
        f"{g['content_dim']}, {g['num_actors']} actors, {g['num_actions']} actions, "
        + (f"{iteration} iterations" if iteration else "iterations unknown")
    )


def _add_actors(file: OfficialCheckpoint, states: dict[str, dict[str, Tensor]], count: int) -> None:
    """Append the mean actor to the embeddings, ``count`` times."""
    for key in ("g", "g_ema", "d"):
        name = file.places[key]["person_embed.weight"].name
        table = states[key][name]
        new = table.mean(dim=0, keepdim=True).expand(count, -1)
        states[key][name] = torch.cat([table, new])
    for network in ("generator", "time_discriminator"):
        file.model[network]["num_actors"] += count


def _checkpoint(
    file: OfficialCheckpoint,
    model: nn.Module,
    states: dict[str, dict[str, Tensor]],
    iteration: int,
    new_rows: int,
    lines: list[str],
) -> dict[str, Any]:
    """Checkpoint as the training writes it, without the card."""
    state = {
        f"{NETWORKS[key]}.{name}": value
        for key, part in states.items()
        for name, value in part.items()
    }
    model.generator.load_state_dict(states["g"], assign=True)
    state["mean_path_length"] = _mean_path_length(model.generator)
    state["iterations_done"] = torch.tensor(iteration)
    lines.append(
        f"mean path length, which their files lack: {float(state['mean_path_length']):.3g}, "
        "measured on 4 frames"
    )
    checkpoint = {
        "meta": {"epoch": 0, "iter": iteration, "cfg": Config({"model": file.model}).pretty_text},
        "state_dict": state,
        "message_hub": {"log_scalars": {}, "runtime_info": {}, "resumed_keys": {}},
    }
    moments = {}
    for key in file.optimisers:
        moments[NETWORKS[key]], note = _our_optimiser(file, key, model, new_rows)
        lines.append(note)
    if all(moments.get(name) for name in ("generator", *model.discriminators)):
        checkpoint["optimizer"] = moments
    else:
        lines.append(
            "without the moments of all optimisers it serves load_from=PATH, not resume=True"
        )
    return checkpoint


def _options(model: dict[str, Any]) -> str:
    """Options for a config of other sizes; numbers of channels can only stand in a config."""
    generator = model["generator"]
    given = [
        f"model.{network}.{name}={arguments[name]}"
        for network, arguments in model.items()
        if isinstance(arguments, dict)
        for name in ("motion_dim", "content_dim", "embed_dim")
        if name in arguments
    ]
    given += [f"model.{name}=0" for name in ("num_actors", "num_actions") if not generator[name]]
    return " ".join([*given, f"train_dataloader.dataset.size={generator['size']}"])


def _our_state(file: OfficialCheckpoint, key: str, lines: list[str]) -> dict[str, Tensor]:
    """Tensors of one network by our names. Filters only where they are not StyleGAN2's."""
    with torch.device("meta"):
        usual = filters(getattr(CTSVG(**file.model), NETWORKS[key]))
    state, odd = {}, []
    for name, place in file.places[key].items():
        # A copy: what is mapped from the disc would be saved with all that is around it.
        value = file.tensors[key][name].reshape(place.ours).clone()
        if place.name not in usual:
            state[place.name] = value
        elif not torch.allclose(value, usual[place.name], atol=1e-6):
            state[place.name] = value
            odd.append(f"{key}.{name}")
    if odd:
        more = f" and {len(odd) - 1} more" if odd[1:] else ""
        lines.append(f"kept and used: {odd[0]}{more}, which are no filters [1, 3, 3, 1]")
    return state


def _name_labels(
    file: OfficialCheckpoint,
    labels: str,
    actors: Sequence[str] | None,
    new_actors: Sequence[str],
) -> dict[str, Any]:
    """Names of actors and actions, and the frame rate."""
    generator = file.model["generator"]
    counts = generator["num_actors"], generator["num_actions"]
    if labels == "auto":
        labels = {(30, 8): "mead", (24, 8): "ravdess"}.get(counts, "numbers")
    names = {
        "mead": ("person{:02d}", MEADDataset.ACTION_NAMES, 0),
        "ravdess": ("Actor_{:02d}", RAVDESSDataset.ACTION_NAMES, 1),
        "numbers": ("actor{}", tuple(f"action{i}" for i in range(counts[1])), 0),
    }
    pattern, actions, first = names[labels]
    if counts[1] not in (0, len(actions)):
        raise UserError(
            f"{file.path}: knows {counts[1]} actions, and {labels} has {len(actions)}; "
            "use labels='numbers'."
        )
    if new_actors and not counts[0]:
        raise UserError(f"{file.path}: is not conditioned on actors, so none can be added.")
    if actors is None:
        actors = [pattern.format(first + i) for i in range(counts[0])]
    if len(actors) != counts[0]:
        raise UserError(f"{file.path}: knows {counts[0]} actors, but {len(actors)} are named.")
    everybody = [*actors, *new_actors]
    twice = sorted({name for name in everybody if everybody.count(name) > 1})
    if twice or "" in everybody:
        raise UserError(f"actors: {', '.join(twice) or 'an empty name'} cannot be told apart.")
    fps = 25.0 if labels == "numbers" else 30.0  # both data sets are recorded at 30
    return {"actors": everybody, "actions": list(actions[: counts[1]]), "fps": fps}


def _mean_path_length(generator: nn.Module) -> Tensor:
    """Mean length of the Jacobian of 4 frames, where the training left its running mean."""
    draw = torch.Generator().manual_seed(0)
    labels = {
        f"{what}s": torch.arange(2) % count
        for what, count in (("actor", generator.num_actors), ("action", generator.num_actions))
        if count
    }
    z_c = torch.randn(2, generator.z_c_dim, generator=draw) if generator.z_c_dim else None
    m = generator.mapper.sample(2, draw).detach()
    w_c = generator.content(z_c=z_c, **labels).detach()
    styles = generator.styles(w_c, m, torch.tensor([[0.0, 20.0]]).expand(2, 2))
    frames = generator.video(styles, generator.stored_noise)
    direction = torch.randn(frames.shape, generator=draw)
    return path_lengths(frames, styles, direction, "frame").mean().detach()


def _iterations(file: OfficialCheckpoint) -> int:
    """Count the iterations: steps of D_s's Adam, which makes one in each; 0 if unknown."""
    optimiser = file.optimisers.get("d2")
    states = optimiser.get("state") if isinstance(optimiser, dict) else None
    steps = [s.get("step") for s in states.values() if isinstance(s, dict)] if states else []
    return max((int(s) for s in steps if isinstance(s, int | float | Tensor)), default=0)


def _our_optimiser(
    file: OfficialCheckpoint, key: str, model: nn.Module, new_rows: int
) -> tuple[dict[str, Any] | None, str]:
    """State of a network's Adam for our parameters, None if it does not fit; a line about it.

    Theirs are numbered in the order of the parameters in the state dict. Every parameter of ours is
    one of theirs, up to axes of size 1, so every moment has its place; only those of dead weights
    have none.
    """
    theirs = [name for name in file.tensors[key] if not BUFFERS.search(name)]
    try:
        saved = file.optimisers[key]
        (group,) = saved["param_groups"]
        if list(group["params"]) != list(range(len(theirs))):
            raise ValueError("it is for another number of parameters")
        kept = ("lr", "betas", "eps", "weight_decay", "amsgrad")
        settings = {name: group[name] for name in kept if name in group}
        state = {}
        parameters = getattr(model, NETWORKS[key]).named_parameters()
        numbers = {name: i for i, (name, _) in enumerate(parameters)}
        left = []
        for number, moments in saved["state"].items():
            name = theirs[number]
            if name not in file.places[key]:
                left.append(name)
                continue
            place = file.places[key][name]
            values: dict[str, Any] = {"step": torch.tensor(float(moments["step"]))}
            for moment in ("exp_avg", "exp_avg_sq"):
                if tuple(moments[moment].shape) != place.shape:
                    raise ValueError(f"{moment} of {name} has another shape")
                value = moments[moment].float().reshape(place.ours).clone()
                if name == "person_embed.weight" and new_rows:
                    value = torch.cat([value, value.new_zeros(new_rows, value.shape[1])])
                values[moment] = value
            state[numbers[place.name]] = values
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        return None, f"left out: {key}_optim ({type(error).__name__}: {error})"
    settings["params"] = list(range(len(numbers)))
    dead = f" (left out: those of {', '.join(left)})" if left else ""
    note = f"{key}_optim: moments of {len(state)} of {len(numbers)} parameters{dead}"
    return {"state": state, "param_groups": [settings]}, note
