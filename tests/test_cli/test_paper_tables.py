import pytest

from mmctsvg.evaluation.cards import make_card, write_card
from mmctsvg.evaluation.run import Result


@pytest.fixture
def main(load_tool):
    return load_tool("paper_tables").main


def test_ours_beside_the_papers(tmp_path, main, capsys):
    network = dict(file="i3d.ckpt", sha256="ab", licence="x", source="package 1")
    results = [
        Result(
            name="FVD16",
            numbers={"value": 123.456, "generated_clips": 256},
            protocol={},
            weights=[network],
        ),
        Result(name="Identity", numbers={"first": 0.9, "first_std": 0.05}, protocol={}),
        Result(name="ActionAccuracy", numbers={"unseen_top1": 50.0}, protocol={}),
    ]
    write_card(make_card({"config": "ctsvg_mead_128.py"}, results), tmp_path / "a")
    main([str(tmp_path / "a")])
    lines = capsys.readouterr().out.splitlines()
    assert "| StyleGAN-V (paper) | 191 | 920 | 0.77 | 0.92, 0.05 |" in lines
    assert "| 3 time points (paper) | 184.6 | 68.5, 93.5 |" in lines
    ours = [line for line in lines if line.startswith(f"| {tmp_path / 'a'} (ours)")]
    assert ours[0].endswith("| 123.5 * | - | - | 0.9, 0.05 * |")
    assert ours[1].endswith("| 123.5 * | 50, - * |") and len(ours) == 3
    assert any("FVD16: 256 clips; i3d.ckpt (package 1)" in line for line in lines)


def test_no_card(tmp_path, main, check_refusal):
    check_refusal(main, [tmp_path], "card.json: cannot be read")
