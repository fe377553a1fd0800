"""The command that compares methods, on trainings of seconds."""

import json
import sys

import pytest

from mmctsvg.cli import compare_methods
from mmctsvg.cli.main import main, run_verb

COMPARISON = """
methods = dict(
    ctsvg=dict(title="CTSVG", configs=["{config}"]),
    uncond=dict(
        title="CTSVG unconditional",
        configs=["{config}"],
        options={{"model.num_actors": 0, "model.num_actions": 0}},
    ),
)
data = dict(length=12, seed=0)
metrics = [dict(type="SynthTruth", frames=8, motions=1, interval=0)]
validation = dict(times=1, metrics=[dict(type="SynthTruth", frames=8, motions=1, interval=0)])
table = "Table 1: MEAD"
"""


@pytest.fixture
def compare(toy_config, tmp_path, monkeypatch):
    """Runs the command in a folder; trainings in this process, listed in ``compare.trained``."""
    monkeypatch.chdir(tmp_path)
    config = toy_config({"custom_hooks": [dict(type="ExportHook")]})
    (tmp_path / "toy.py").write_text(COMPARISON.format(config=config.name))
    trained = []

    def start(words):
        trained.append(words[0].split("/")[-3:-1])
        if run.fails:
            words = [*words, "--cfg-options", "train_cfg.max_iters=1"]
        run_verb("train", words)

    def run(*options, budget="0.4GFLOP"):
        main(["compare-methods", "toy.py", "--budget", budget, "--seeds", "0", *options])

    run.trained, run.fails = trained, False
    monkeypatch.setattr(compare_methods, "start_training", start)
    return run


def refused(run, capsys, *options, **more):
    with pytest.raises(SystemExit) as ended:
        run(*options, **more)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_bad_input_is_refused_before_any_training(compare, capsys):
    assert refused(compare, capsys, "--only", "gan") == (
        "error: --only gan: there is no such method; toy.py has ctsvg, uncond"
    )
    assert "--budget 3 weeks: it must be a number" in refused(compare, capsys, budget="3 weeks")
    line = refused(compare, capsys, budget="0.001GFLOP")
    assert line.startswith("error: --budget 0.001GFLOP: an iteration of ctsvg takes 0.1")
    line = refused(compare, capsys, "--cfg-options", "table=Table9")
    assert line.startswith("error: table is 'Table9': it must be one of Table 1: MEAD")
    assert not compare.trained


@pytest.mark.slow
def test_everything_once_and_only_what_is_missing_again(compare, tmp_path, capsys):
    compare.fails = True
    line = refused(compare, capsys, "--only", "ctsvg")
    assert "ctsvg, seed 0: the training in" in line and "has not come to iteration 2" in line
    compare.fails = False
    compare()
    assert compare.trained == [["ctsvg", "seed_0"]] * 2 + [["uncond", "seed_0"]]
    out = tmp_path / "work_dirs/comparisons/toy/0.4GFLOP"
    page = (out / "comparison.md").read_text("utf-8")
    assert "| CTSVG | 1 | 0" in page and "| CTSVG unconditional | 1 | n/a | n/a" in page
    assert "SynthTruth is not applicable: this generator cannot be told an actor." in page
    assert "Not done yet" not in page and (out / "sheet.png").stat().st_size > 2000
    path = out / "ctsvg/seed_0/evaluation/card.json"
    about = json.loads(path.read_text())["subject"]
    assert about["iterations"] == "2" and about["frames_seen"] == 2 * 4 * 3
    assert 0 < about["tflop"] * 1e12 <= 0.4e9 or about["tflop"] == 0
    assert about["seconds"] > 0 and about["needs"] == "actor, action"

    # A damaged card is measured again, nothing is trained again, and a new seed joins the page.
    made = path.read_text()
    path.write_text(made[:200])
    compare("--only", "ctsvg")
    assert "it is measured again" in capsys.readouterr().err
    assert json.loads(path.read_text())["metrics"].keys() == {"SynthTruth"}
    assert len(compare.trained) == 3
    assert "| CTSVG unconditional | 1 |" in (out / "comparison.md").read_text("utf-8")


def test_a_training_is_a_process_of_its_own(capfd):
    compare_methods.start_training(["--help"])
    assert capfd.readouterr().out.startswith("usage: python tools/train.py")
    assert sys.argv[0] != "tools/train.py"
