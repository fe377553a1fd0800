"""The benchmark measures what it says."""

import json
import re
import shutil

import pytest
import torch
from torch.nn import functional as F

from tests.conftest import ROOT


@pytest.fixture
def benchmark(load_tool):
    return load_tool("benchmark")


def test_flops_are_counted(benchmark):
    """A 3x3 convolution: 2 x 9 x C_in x C_out x pixels."""
    x, w = torch.randn(2, 3, 8, 8), torch.randn(5, 3, 3, 3)
    assert benchmark.flops(lambda: F.conv2d(x, w, padding=1)) == 2 * 9 * 3 * 5 * 2 * 64


def test_report(benchmark, toy_config, capsys, tmp_path):
    """Every part is there, and the file says what is printed."""
    file = tmp_path / "numbers.json"
    options = ["--precision", "fp32", "--repeats", "1", "--json", str(file)]
    benchmark.main([str(toy_config()), *options])
    out = capsys.readouterr().out
    numbers = json.loads(file.read_text())
    (precision, step), *others = numbers["training"].items()
    assert precision == "fp32" and not others
    assert f"training  {step['seconds']:8.3f} s an iteration" in out
    assert step["flops"] > 0 and step["waits"] == 0 and step["peak_flops_per_second"] > 0
    assert sum(step["parts"].values()) <= 1.001 * step["seconds"]
    assert [(row["size"], row["frames_at_once"]) for row in numbers["rendering"]] == [
        (16, 1),
        (16, 16),
    ]
    assert f"plain {numbers['rendering'][0]['plain_seconds']:8.5f}" in out
    assert (numbers["size"], numbers["batch_size"], numbers["device"]) == (16, 4, "cpu")
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


def test_two_checkouts_in_turns(benchmark, toy_config, capsys, tmp_path):
    """Another checkout's times are those of its own code, here of a clock that is far too fast."""
    other = tmp_path / "other"
    shutil.copytree(ROOT / "mmctsvg", other / "mmctsvg", ignore=shutil.ignore_patterns("*.pyc"))
    with open(other / "mmctsvg" / "utils" / "clock.py", "a", encoding="utf-8") as code:
        code.write("\n\nslow = processor_clock\nprocessor_clock = lambda d: 1e6 * slow(d)\n")
    options = ["--against", str(other), "--chunk", "2", "--precision", "fp32", "--repeats", "3"]
    benchmark.main([str(toy_config()), *options])
    out = capsys.readouterr().out
    rows = dict(re.findall(r"^(\w.*?) +[\d.]+ +[\d.]+  ([\d.]+)", out, re.M))
    assert rows.keys() == {
        "step",
        "step + path length",
        "step + R1 + path length",
        "2 frames of a stream",
        "training, mean iteration",
    }
    assert all(float(ratio) > 1000 for ratio in rows.values())
    assert "peak memory" in out


def test_a_checkout_that_is_none(benchmark, toy_config, check_refusal, tmp_path):
    options = ["--against", tmp_path, "--repeats", "1"]
    check_refusal(benchmark.main, [toy_config(), *options], f"{tmp_path}: no checkout of mmctsvg")


def test_a_checkout_that_fails(benchmark, toy_config, check_refusal, tmp_path):
    (tmp_path / "mmctsvg").mkdir()
    (tmp_path / "mmctsvg" / "__init__.py").touch()
    options = ["--against", tmp_path, "--repeats", "1"]
    check_refusal(benchmark.main, [toy_config(), *options], f"{tmp_path}: its process ended")
