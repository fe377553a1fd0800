"""F_c in its four forms."""

import pytest
import torch

from mmctsvg.models.generators import ContentMapper

ACTORS, ACTIONS = torch.tensor([0, 2]), torch.tensor([1, 3])


def test_both_are_concatenated():
    """[mapping(actor), ramp * action]; the action bypasses the mapping."""
    f_c = ContentMapper(9, num_actors=3, num_actions=4)
    w = f_c(ACTORS, ACTIONS, None, ramp=0.25)
    torch.testing.assert_close(w[:, :4], f_c.mapping(f_c.actor(ACTORS)))
    torch.testing.assert_close(w[:, 4:], 0.25 * f_c.action(ACTIONS))


def test_official_adds():
    """mapping(actor) + ramp * action, both of full size."""
    f_c = ContentMapper(8, num_actors=3, num_actions=4, combine="official")
    expected = f_c.mapping(f_c.actor(ACTORS)) + 0.5 * f_c.action(ACTIONS)
    torch.testing.assert_close(f_c(ACTORS, ACTIONS, None, ramp=0.5), expected)


def test_one_label_or_none():
    """Without an actor the appearance comes from noise."""
    actor = ContentMapper(8, num_actors=3, num_actions=0)
    assert actor.noise_dim == 0
    torch.testing.assert_close(actor(ACTORS, None, None), actor.mapping(actor.actor(ACTORS)))
    action = ContentMapper(8, num_actors=0, num_actions=4)
    z = torch.randn(2, action.noise_dim)
    expected = torch.cat([action.mapping(z), action.action(ACTIONS)], dim=1)
    torch.testing.assert_close(action(None, ACTIONS, z), expected)
    free = ContentMapper(8, num_actors=0, num_actions=0)
    z = torch.randn(2, 8)
    torch.testing.assert_close(free(None, None, z), free.mapping(z))


def test_missing_inputs_are_named():
    """One sentence that says what is needed."""
    with pytest.raises(ValueError, match="needs actors and actions"):
        ContentMapper(8, 3, 4)(ACTORS, None, None)
    with pytest.raises(ValueError, match="needs z_c"):
        ContentMapper(8, 0, 0)(None, None, None)
