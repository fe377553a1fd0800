"""The command that fits a generator to drawn takes."""

import torch

from mmctsvg.checkpoints import load_generator


def test_fits_and_writes(tmp_path, toy_config, load_tool, capsys):
    """The file is a generator like any other and says where it comes from."""
    config = toy_config({"model.generator.trajectory": "quadrature"})
    options = ["--steps", "3", "--seed", "5"]
    main = load_tool("fit_takes").main
    for name in ("a", "b"):
        main([str(config), "--out", str(tmp_path / f"{name}.safetensors"), *options])
    printed = capsys.readouterr().out
    assert "quadrature, 8 numbers a motion, 4 waves, 12 clips" in printed and "step 3: " in printed
    (generator, card), (again, _) = (load_generator(tmp_path / f"{n}.safetensors") for n in "ab")
    assert card["generator"]["trajectory"] == "quadrature" and card["fps"] == 15.0
    assert card["provenance"]["fitted"] == {"steps": 3, "seed": 5}
    assert len(card["actors"]) == 3 and card["ramp"] == 1.0
    both = zip(generator.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(*pair) for pair in both)


def test_refuses(tmp_path, toy_config, load_tool, check_refusal):
    """Other files, trajectories that the numbers do not fit, ranks without need."""
    main, config = load_tool("fit_takes").main, str(toy_config())
    check_refusal(main, [config, "--out", tmp_path / "g.pth"], "ends in .safetensors")
    for options, words in (
        (["model.generator.trajectory=sums"], "must be one of product, quadrature, low_rank"),
        (["model.generator.rank=2"], "only trajectory='low_rank' has one"),
        (["model.generator.trajectory=low_rank", "model.generator.rank=3"], "a multiple of 6"),
    ):
        check_refusal(main, [config, "--cfg-options", *options], words)
    data = [config, "--cfg-options", "train_dataloader.dataset.type=WeizmannDataset"]
    check_refusal(main, data, config)
