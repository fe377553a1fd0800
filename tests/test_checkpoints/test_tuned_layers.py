import pytest
import torch

from mmctsvg.checkpoints.tuned_layers import build, choose_layers, split
from mmctsvg.utils.errors import UserError


def test_layers(make_generator):
    synthesis = make_generator().synthesis
    every = dict(synthesis.named_parameters())
    noise = {name for name in every if name.endswith("noise_strength")}
    assert set(choose_layers(synthesis)) == every.keys() - noise
    # What a layer works on is what it was given styles and maps for: 4, then twice 8, twice 16.
    sides = {f"convs.{i}": side for i, side in enumerate(synthesis.noise_sizes)}
    sides |= {f"to_rgbs.{i}": side for i, side in enumerate((4, 8, 16))}
    for text, wanted in (("4", {4}), ("8-16", {8, 16}), ("4,16", {4, 16}), ("5-1000", {8, 16})):
        expected = {n for n in every if sides.get(".".join(n.split(".")[:2]), 4) in wanted}
        assert set(choose_layers(synthesis, text)) == expected - noise, text
    assert choose_layers(synthesis, "rgb") == [n for n in every if n.startswith("to_rgbs")]
    assert set(choose_layers(synthesis, "rgb, 4")) > set(choose_layers(synthesis, "rgb"))
    for text in ("32", "16-8", "eyes", "", "rgb,"):
        with pytest.raises(UserError, match="4, 8, 16"):
            choose_layers(synthesis, text)


def test_low_rank_is_the_product():
    weight = torch.randn(6, 5, 3, 3)
    draw = torch.Generator().manual_seed(0)
    a, b = split(weight, 2, draw)
    assert a.shape == (6, 2) and b.shape == (2, 45)
    assert torch.equal(build(weight, (a, b)), weight)
    b.normal_(generator=draw)
    expected = weight + torch.einsum("or,rihw->oihw", a, b.reshape(2, 5, 3, 3))
    torch.testing.assert_close(build(weight, (a, b)), expected)
    change = (build(weight.double(), (a.double(), b.double())) - weight).reshape(6, 45)
    assert torch.linalg.matrix_rank(change, tol=1e-9) == 2
    assert torch.equal(build(weight, (a, b)), weight + (a @ b).reshape(weight.shape))
    with pytest.raises(ValueError, match="factors"):
        build(weight, (a, b[:, 1:]))


def test_whole_where_factors_are_larger():
    for shape, rank in (((6, 5, 3, 3), None), ((6, 5, 3, 3), 6), ((8,), 1), ((1, 8, 4, 4), 1)):
        weight = torch.randn(shape)
        (whole,) = split(weight, rank, torch.Generator())
        assert torch.equal(whole, weight) and whole.data_ptr() != weight.data_ptr()
        assert build(weight, (whole,)) is whole
