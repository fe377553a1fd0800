"""The content mapper F_c: who acts, and what is done."""

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..layers import EqualLinear, PixelNorm, embedding
from ..resolutions import DEEPEST, MOST_LABELS, WIDEST


@MODELS.register_module()
class ContentMapper(nn.Module):
    """F_c: actor and action embeddings, or noise, to the content style ``w_c``.

    ============  ======================================================================
    conditions    content style
    ============  ======================================================================
    both          ``[mapping(actor), ramp * action]``
    actor only    ``mapping(actor)``
    action only   ``[mapping(z_c), ramp * action]``: the appearance is free
    none          ``mapping(z_c)``
    ============  ======================================================================

    Args:
        dim: Size d_c of the content style.
        num_actors: Number of actors; 0 if actors are not a condition.
        num_actions: Number of actions; 0 if actions are not a condition.
        num_layers: Depth of the mapping.
        lr_mul: Learning-rate factor of the mapping.
        combine: ``'paper'``: the two parts are concatenated and share ``dim``. ``'official'``:
            both have size ``dim`` and are added.

    Raises:
        UserError: For a number out of its range, or a ``dim`` that is too small to be shared.

    Source: section 3.1, figure 1.
    """

    def __init__(
        self,
        dim: int,
        num_actors: int,
        num_actions: int,
        *,
        num_layers: int = 8,
        lr_mul: float = 0.01,
        combine: str = "paper",
    ):
        super().__init__()
        for name, value in (("num_actors", num_actors), ("num_actions", num_actions)):
            check_number(name, value, 0, MOST_LABELS, whole=True)
        shared = bool(num_actions) and combine == "paper"
        check_number("content_dim", dim, 2 if shared else 1, WIDEST, whole=True)
        check_number("content_layers", num_layers, 0, DEEPEST, whole=True)
        self.mapped_dim = dim // 2 if shared else dim
        self.actor = embedding(num_actors, self.mapped_dim) if num_actors else None
        action_dim = dim - self.mapped_dim if shared else dim
        self.action = embedding(num_actions, action_dim) if num_actions else None
        width = self.mapped_dim
        layers = [
            EqualLinear(width, width, lr_mul=lr_mul, activation=True) for _ in range(num_layers)
        ]
        self.mapping = nn.Sequential(PixelNorm(), *layers)
        self.combine = combine

    @property
    def noise_dim(self) -> int:
        """Size of ``z_c``; 0 if the actor decides the appearance."""
        return 0 if self.actor is not None else self.mapped_dim

    def forward(
        self,
        actors: Tensor | None,
        actions: Tensor | None,
        z_c: Tensor | None,
        ramp: Tensor | float = 1.0,
    ) -> Tensor:
        """Content styles (B, d_c).

        Args:
            actors: Numbers (B,); used if actors are a condition.
            actions: Numbers (B,); used if actions are a condition.
            z_c: N(0, 1) noise (B, noise_dim); used if actors are no condition.
            ramp: Weight of the action embedding in [0, 1].

        Raises:
            ValueError: If an input that is needed is missing.
        """
        source = z_c if self.actor is None else actors
        if source is None or (self.action is not None and actions is None):
            need = ["z_c" if self.actor is None else "actors"]
            need += ["actions"] if self.action is not None else []
            raise ValueError(f"this generator needs {' and '.join(need)}")
        content = self.mapping(source if self.actor is None else self.actor(source))
        if self.action is None:
            return content
        action = self.action(actions) * ramp
        return torch.cat([content, action], dim=1) if self.combine == "paper" else content + action
