"""The benchmark measures what it says."""

import re

import pytest
import torch
from torch.nn import functional as F


@pytest.fixture
def benchmark(load_tool):
    return load_tool("benchmark")


def test_flops_are_counted(benchmark):
    """A 3x3 convolution: 2 x 9 x C_in x C_out x pixels."""
    x, w = torch.randn(2, 3, 8, 8), torch.randn(5, 3, 3, 3)
    assert benchmark.flops(lambda: F.conv2d(x, w, padding=1)) == 2 * 9 * 3 * 5 * 2 * 64


def test_report(benchmark, toy_config, capsys):
    """Every part is there."""
    benchmark.main([str(toy_config()), "--precision", "fp32", "--repeats", "1"])
    out = capsys.readouterr().out
    assert re.search(r"training .* s an iteration, .* of the peak", out)
    shares = [int(n) for n in re.findall(r" s +(\d+)%$", out, re.M)]
    assert len(shares) == 5
    assert "rendering" in out and "peak memory" in out


def test_rendering_alone(benchmark, toy_config, capsys):
    """Both sides at every size and chunk, with their ratio; no training."""
    options = ["--only-rendering", "--render-size", "8", "16", "--chunk", "1", "3"]
    benchmark.main([str(toy_config()), *options, "--precision", "fp32", "--repeats", "1"])
    out = capsys.readouterr().out
    found = re.findall(r"(\d+) px, +(\d+) at once: plain +(\S+), stream +(\S+), (\S+) x", out)
    assert [line[:2] for line in found] == [("8", "1"), ("8", "3"), ("16", "1"), ("16", "3")]
    assert all(float(number) > 0 for line in found for number in line)
    assert "training" not in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "48"], ["48"]),
        (["--repeats", "0"], ["--repeats is 0"]),
        (["--chunk", "4", "0"], ["--chunk is 0"]),
        (["--only-rendering", "--render-size", "48"], ["48"]),
        (["--batch-size", "1"], ["--batch-size=1", "give --batch-size=2 or more"]),
        (["--device", "gpu0"], ["--device gpu0: give 'cpu'"]),
        (["--device", "cpu", "--precision", "fp16"], ["fp16", "'bf16'"]),
    ],
)
def test_bad_input_is_one_sentence(benchmark, toy_config, check_refusal, options, words):
    check_refusal(benchmark.main, [toy_config(), *options], *words)


def test_a_config_that_is_not_there(benchmark, check_refusal):
    check_refusal(benchmark.main, ["no_such.py"], "no_such.py: there is no such config")
