import datetime
import re

from mmengine.config import Config

from mmctsvg.engine.config import load_config


def test_the_printed_config_is_the_merged_one(load_tool, toy_config, capsys):
    path = toy_config()
    load_tool("config").main([str(path), "--cfg-options", "train_cfg.max_iters=77"])
    printed = Config.fromstring(capsys.readouterr().out, ".py")
    assert printed.to_dict() == load_config(path, {"train_cfg.max_iters": 77}).to_dict()
    assert printed.train_cfg.max_iters == 77


def test_a_dry_run_tells_parameters_and_time(load_tool, toy_config, monkeypatch, capsys):
    tool, measured = load_tool("config"), []

    def measure(*args):
        measured.append(tool.measure_pace(*args))
        return measured[0]

    monkeypatch.setattr(tool.module, "LIMIT", 0.0)
    monkeypatch.setattr(tool.module, "measure_pace", measure)
    tool.main([str(toy_config({"train_cfg.max_iters": 10**6})), "--dry-run"])
    out = capsys.readouterr().out
    [(seconds, model)] = measured
    told = re.findall(r"^(\w+) +([\d,]+) parameters$", out, re.M)
    children = model.named_children()
    networks = {name: sum(p.numel() for p in net.parameters()) for name, net in children}
    networks = {name: size for name, size in networks.items() if size}
    assert {"generator", "time_discriminator", "shuffle_discriminator"} <= networks.keys()
    assert {name: int(size.replace(",", "")) for name, size in told} == networks
    whole = datetime.timedelta(seconds=round(seconds * 10**6))
    assert re.search(rf"the training +{whole} for 1000000 iterations", out)
    assert "; 4 samples" in out and re.search(r"memory +[\d,]+ MB", out)


def test_refusals(load_tool, check_refusal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main = load_tool("config").main
    check_refusal(main, ["ctsvg_mead_46"], "did you mean", "ctsvg_mead_64.py")
    command = "python tools/dataset_converters/mead.py DOWNLOAD data/mead"
    check_refusal(main, ["ctsvg_mead_64", "--dry-run"], "data/mead/annotations.csv", command)
