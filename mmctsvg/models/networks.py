"""The networks of a method, built from their configs."""

from collections.abc import Mapping

from torch import nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

GENERATOR = "generator"

#: Network -> facts and switches that it takes from the model's config.
Takes = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]


def build_networks(
    configs: Mapping[str, dict | None],
    facts: Mapping[str, int | None],
    switches: Mapping[str, str],
    takes: Takes,
) -> dict[str, nn.Module | None]:
    """Build the generator and the other networks.

    Args:
        configs: Network -> its config, or None to train without it.
        facts: Size of the frames and numbers of labels, for configs without; or None.
        switches: Value of every switch, see `mmctsvg.models.switches`.
        takes: Network -> the facts and the switches that it is given; the generator's has all
            facts.

    Returns:
        Network -> the module, or None.

    Raises:
        UserError: If a fact is no whole number from 0 on.
        ValueError: If two networks differ in a fact.
    """
    facts = {name: value for name, value in facts.items() if value is not None}
    full = {}
    for network, config in configs.items():
        if config:
            of_facts, of_switches = takes[network]
            full[network] = {
                **{name: facts[name] for name in of_facts if name in facts},
                **config,
                **{name: switches[name] for name in of_switches},
            }
    for fact in takes[GENERATOR][0]:
        said = {n: c.get(fact, 0) for n, c in full.items() if fact in takes[n][0]}
        for value in said.values():
            check_number(fact, value, 0, whole=True)
        if len(set(said.values())) > 1:
            values = ", ".join(f"{network}.{fact}={value}" for network, value in said.items())
            raise ValueError(f"{values}: must be equal")
    return {network: MODELS.build(full[network]) if c else None for network, c in configs.items()}
