"""The three networks of `CTSVG`, built from their configs."""

from collections.abc import Mapping

from torch import nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

GENERATOR, D_T, D_S = "generator", "time_discriminator", "shuffle_discriminator"

#: Network -> facts and switches that it takes from the model's config.
_TAKES = {
    GENERATOR: (
        ("size", "num_actors", "num_actions"),
        ("content", "time2vec_order", "layer_noise"),
    ),
    D_T: (("size", "num_actors", "num_actions"), ("minibatch_stddev", "time2vec_order")),
    D_S: (("size",), ("shuffle_scores",)),
}


def build_networks(
    configs: Mapping[str, dict | None],
    facts: Mapping[str, int | None],
    switches: Mapping[str, str],
) -> dict[str, nn.Module | None]:
    """Build the generator and the discriminators.

    Args:
        configs: Network -> its config, or None to train without it.
        facts: Size of the frames and numbers of labels, for configs without; or None.
        switches: Value of every switch, see `mmctsvg.models.switches`.

    Returns:
        Network -> the module, or None.

    Raises:
        UserError: If a fact is no whole number from 0 on.
        ValueError: If there is no discriminator, or two networks differ in a fact.
    """
    facts = {name: value for name, value in facts.items() if value is not None}
    full = {}
    for network, config in configs.items():
        if config:
            of_facts, of_switches = _TAKES[network]
            full[network] = {
                **{name: facts[name] for name in of_facts if name in facts},
                **config,
                **{name: switches[name] for name in of_switches},
            }
    if not full.keys() & {D_T, D_S}:
        raise ValueError("CTSVG needs time_discriminator, shuffle_discriminator or both")
    for fact in _TAKES[GENERATOR][0]:
        said = {n: c.get(fact, 0) for n, c in full.items() if fact in _TAKES[n][0]}
        for value in said.values():
            check_number(fact, value, 0, whole=True)
        if len(set(said.values())) > 1:
            values = ", ".join(f"{network}.{fact}={value}" for network, value in said.items())
            raise ValueError(f"{values}: must be equal")
    return {network: MODELS.build(full[network]) if c else None for network, c in configs.items()}
