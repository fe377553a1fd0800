"""Which facts reach which network."""

import pytest

from mmctsvg.models import CTSVG

CONFIGS = (
    dict(type="ConditionalStyleVideoGenerator", motion_dim=4, content_dim=4),
    dict(type="TimeConditionedProjectionDiscriminator", embed_dim=4, hidden_dim=4),
    dict(type="ShuffleDiscriminator", hidden_dim=4),
)


def make(*own, **facts):
    """A model whose networks say ``own`` for themselves."""
    own = [*own, *[{}] * (3 - len(own))]
    channels = dict(channels={4: 4, 8: 4, 16: 4, 32: 4})  # more than are needed
    return CTSVG(*[{**c, **channels, **o} for c, o in zip(CONFIGS, own, strict=True)], **facts)


def facts_of(model):
    tables = [getattr(model.time_discriminator, name) for name in ("actor", "action")]
    return (
        (model.generator.size, model.generator.num_actors, model.generator.num_actions),
        (model.time_discriminator.trunk.size, *[t and t.num_embeddings for t in tables]),
        model.shuffle_discriminator.trunk.size,
    )


def test_facts_of_the_model_reach_all_networks():
    facts = dict(size=16, num_actors=3, num_actions=2)
    assert facts_of(make(**facts)) == ((16, 3, 2), (16, 3, 2), 16)
    assert facts_of(make(size=8, num_actors=3, num_actions=0)) == ((8, 3, 0), (8, 3, None), 8)


def test_what_a_network_says_itself_goes_before():
    own = dict(size=8, num_actors=3, num_actions=2)
    by_networks = make(own, own, dict(size=8))
    assert facts_of(by_networks) == ((8, 3, 2), (8, 3, 2), 8)
    others = make(own, own, dict(size=8), size=16, num_actors=5, num_actions=0)
    assert facts_of(others) == facts_of(by_networks)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (({}, {}, dict(size=8)), "time_discriminator.size=16, shuffle_discriminator.size=8"),
        ((dict(num_actors=1),), "generator.num_actors=1, time_discriminator.num_actors=3"),
        (({}, dict(num_actions=5)), "generator.num_actions=2, time_discriminator.num_actions=5"),
    ],
)
def test_networks_that_differ_are_refused(own, words):
    with pytest.raises(ValueError, match=f"{words}: must be equal"):
        make(*own, size=16, num_actors=3, num_actions=2)


def test_a_model_without_discriminators_is_refused():
    with pytest.raises(ValueError, match="needs time_discriminator"):
        CTSVG(CONFIGS[0], size=8)
