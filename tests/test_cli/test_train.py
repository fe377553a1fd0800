import shutil
import sys

import pytest
import torch
from mmengine.config import Config

from mmctsvg.engine.complete import complete_config


@pytest.fixture
def train(load_tool):
    return load_tool("train").main


@pytest.fixture
def trained(tmp_path, toy_config, train, capsys):
    """A config and the work dir of a finished training of it."""
    config = toy_config({"train_cfg.max_iters": 2})
    train([str(config), "--work-dir", str(tmp_path / "w")])
    return config, tmp_path / "w", capsys.readouterr().out


@pytest.mark.slow
def test_says_what_it_does_and_where_results_are(trained, train, capsys, check_refusal):
    config, work_dir, output = trained
    (line,) = [line for line in output.splitlines() if "training on" in line]
    words = ("cpu in float32 with", "4 samples per", "12 clips, 3 actors, 5 actions", "generator")
    assert all(word in line for word in (*words, str(work_dir))), line
    assert output.splitlines()[-1] == f"done: results in {work_dir}"  # the toy exports nothing
    assert {p.name for p in work_dir.iterdir()} >= {"iter_2.pth", "last_checkpoint", config.name}

    # A second time there is nothing to do.
    before = {p: p.stat().st_mtime_ns for p in work_dir.rglob("*")}
    train([str(config), "--work-dir", str(work_dir), "--resume", "auto"])
    assert "already trained: 2 iterations" in capsys.readouterr().out
    assert before == {p: p.stat().st_mtime_ns for p in work_dir.rglob("*")}

    # One that has no chance to begin does not remove what is there, whatever it may.
    options = ["--overwrite", "--cfg-options", "model.accumulate=3"]
    check_refusal(train, [str(config), "--work-dir", str(work_dir), *options], "accumulate=3")
    assert (work_dir / "iter_2.pth").exists()

    # A longer one goes on, also in a work dir that was moved meanwhile.
    moved = work_dir.rename(work_dir.with_name("moved"))
    options = ["--cfg-options", "train_cfg.max_iters=3"]
    train([str(config), "--work-dir", str(moved), "--resume", *options])
    output = capsys.readouterr().out
    assert "resumed epoch: 0, iter: 2" in output and "iter 3/3" in output

    # Another one takes the place.
    options = ["--overwrite", "--cfg-options", "train_cfg.max_iters=1"]
    train([str(config), "--work-dir", str(moved), *options])
    assert [path.name for path in moved.glob("*.pth")] == ["iter_1.pth"]
    shutil.rmtree(moved)


@pytest.mark.slow
def test_a_config_of_a_resumed_training_begins_from_the_start(trained, train, tmp_path, capsys):
    config, work_dir, _ = trained
    longer = ["--cfg-options", "train_cfg.max_iters=3"]
    train([str(config), "--work-dir", str(work_dir), "--resume", *longer])
    assert "resumed epoch: 0, iter: 2" in capsys.readouterr().out
    shutil.copy(work_dir / config.name, tmp_path / "again.py")
    train([str(tmp_path / "again.py"), "--work-dir", str(tmp_path / "new")])
    assert "resumed epoch" not in capsys.readouterr().out
    states = [
        torch.load(folder / "iter_3.pth", weights_only=True)["state_dict"]
        for folder in (work_dir, tmp_path / "new")
    ]
    for name, value in states[0].items():  # what was interrupted and what was not are one
        assert torch.equal(value, states[1][name]), name


@pytest.mark.slow
def test_checkpoints_that_do_not_belong(trained, train, check_refusal, tmp_path):
    config, work_dir, _ = trained
    checkpoint = work_dir / "iter_2.pth"
    arguments = [config, "--work-dir", tmp_path / "x"]
    other = ["--cfg-options", "model.generator.motion_dim=10", "train_cfg.max_iters=9"]
    check_refusal(
        train,
        [*arguments, "--resume", checkpoint, *other],
        "iter_2.pth: is not a checkpoint of this config: generator.",
    )
    seed = ["--cfg-options", "randomness.seed=5", "train_cfg.max_iters=9"]
    check_refusal(train, [*arguments, "--resume", checkpoint, *seed], "iter_2.pth", "add --seed 0")
    bare = tmp_path / "bare.pth"
    torch.save({"state_dict": {}}, bare)
    longer = ["--cfg-options", "train_cfg.max_iters=9"]
    check_refusal(train, [*arguments, "--resume", bare, *longer], "bare.pth", "no message_hub")
    bare.write_bytes(checkpoint.read_bytes()[:1000])
    check_refusal(train, [*arguments, "--resume", bare, *longer], "bare.pth: is damaged")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such.py"], ["no_such.py: there is no such config"]),
        (["{config}", "--cfg-options", "a.b"], ["takes key=value"]),
        (["{config}", "--cfg-options", "train_cfg.max_iters=many"], ["train_cfg.max_iters=many"]),
        (["{config}", "--cfg-options", "trian_cfg.max_iters=1"], ["did you mean train_cfg?"]),
        (["{config}", "--cfg-options", "train_cfg.max_iters=0"], ["max_iters is 0"]),
        (["{config}", "--cfg-options", "model.preset=best"], ["'best'"]),
        (["{config}", "--cfg-options", "model.depth=1"], ["'depth'"]),
        (
            ["{config}", "--cfg-options", "model.type=CTSVGG"],
            ["CTSVGG is not in the mmctsvg::model"],
        ),
        (["{config}", "--cfg-options", "train_dataloader.dataset.num_actors=99"], ["99"]),
        (
            ["{config}", "--cfg-options", "model.num_actors=7"],
            ["has num_actors=7 and its data have 3; leave num_actors out of the model's config"],
        ),
        (
            ["{config}", "--cfg-options", "model.generator.num_actors=7"]
            + ["model.time_discriminator.num_actors=7"],
            ["has num_actors=7 and its data have 3"],
        ),
        (
            ["{config}", "--cfg-options", "model.generator.num_actions=4"],
            ["generator.num_actions=4, time_discriminator.num_actions=5: must be equal"],
        ),
        (
            ["{config}", "--cfg-options", "default_hooks.checkpoint.intervall=3"],
            ["AtomicCheckpointHook got an unexpected", "'intervall'"],
        ),
        (["{config}", "--work-dir", "{config}/w"], ["write to", "/w", "another --work-dir"]),
        (["{config}", "--resume", "missing.pth"], ["--resume missing.pth"]),
        (["{config}", "--cfg-options", "load_from=none.pth"], ["none.pth: there is no such file"]),
        (
            ["{config}", "--cfg-options", "resume=True", "load_from=none.pth"],
            ["--resume none.pth: there is no such checkpoint"],
        ),
        (["{config}", "--cfg-options", "model.ramp=(1,2"], ["model.ramp=(1,2: a bracket"]),
        (["{config}", "--cfg-options", "train_cfg.val_interval=0"], ["val_interval is 0"]),
        (["{config}", "--launcher", "pytorch"], ["--launcher pytorch", "tools/dist_train.sh"]),
        (["{config}", "--launcher", "slurm"], ["SLURM_NTASKS is not set", "srun"]),
        (["{config}", "--amp", "fp8"], ["fp8"]),
        (["{config}", "--minutes", "0"], ["--minutes is 0: it must be above 0"]),
        (["{config}", "--minutes", "-2"], ["--minutes is -2: it must be above 0"]),
        (["{config}", "--minutes", "nan"], ["--minutes is nan: it must be finite"]),
        (
            ["{config}", "--minutes", "2", "--cfg-options", "train_cfg.max_iters=None"],
            ["has no train_cfg.max_iters", "or leave out --minutes"],
        ),
        (
            ["{config}", "--minutes", "2", "--cfg-options", "model.preset=official"],
            ["model.switches.ramp is 'official'", "or leave out --minutes"],
        ),
        (
            ["{config}", "--minutes", "2", "--cfg-options", "model.accumulate=3"],
            ["accumulate=3 cannot split the 4"],
        ),
        (
            ["{config}", "--minutes", "2", "--cfg-options", "optim_wrapper.optimizer.lr=-1"],
            ["lr is -1"],
        ),
        (["{config}", "--minutes", "1e-6"], ["--minutes 1e-06: the start took", "give more than"]),
        (
            ["{config}", "--cfg-options", "model.switches.time_range=official"]
            + ["train_dataloader.dataset.times=paper"],
            ["dataset.times='paper' contradicts", "time_range is 'official'; leave times out"],
        ),
        (
            ["{config}", "--cfg-options", "train_dataloader.dataset.stride=official"],
            ["dataset.stride='official' contradicts", "give model.switches.stride, which"],
        ),
        (["{config}", "--cfg-options", "model.switches.strid=official"], ["switch 'strid'"]),
        (
            ["{config}", "--cfg-options", "train_dataloader.batch_size=1"],
            ["batch_size=1, model.accumulate=1 D_s gets single", "batch_size=2 or more"],
        ),
        (["{config}", "--cfg-options", "model.accumulate=4"], ["batch_size=8 or more"]),
        (["{config}", "--cfg-options", "model.accumulate=3"], ["accumulate=3 cannot split the 4"]),
        (["{config}", "--cfg-options", "model.accumulate=0"], ["accumulate=0 cannot split the 4"]),
        (
            ["{config}", "--cfg-options", "model.switches.minibatch_stddev=official"]
            + ["model.accumulate=2"],
            ["D_t gets 6 frames", "a multiple of 8", "model.switches.minibatch_stddev=paper"],
        ),
        (
            ["{config}", "--cfg-options", "model.size=16", "train_dataloader.dataset.size=8"],
            ["has size=16 and its data have 8; leave size out"],
        ),
        (
            ["{config}", "--cfg-options", "train_dataloader.dataset.size=32"],
            ["channels={4: 8, 8: 8, 16: 8}: give the channels at [32] too"],
        ),
        (
            ["{config}", "--cfg-options", "model.shuffle_discriminator.size=8"],
            ["generator.size=16, time_discriminator.size=16, shuffle_discriminator.size=8: must"],
        ),
        (
            ["{config}", "--cfg-options", "model.time_discriminator.time_points=4"],
            ["time_points=4", "a triplet has 3 frames; give 1 to 3"],
        ),
        (["{config}", "--cfg-options", "model.time_discriminator.time_points=0"], ["points=0"]),
        (
            ["{config}", "--cfg-options", "model.time_discriminator=None"]
            + ["model.shuffle_discriminator=None"],
            ["needs time_discriminator"],
        ),
        (
            ["{config}", "--cfg-options", "optim_wrapper.optimizer.lr=-1"],
            ["lr is -1"],
        ),
        (["{config}", "--cfg-options", "optim_wrapper.optimizer.momentum=0"], ["'momentum'"]),
        (["{config}", "--cfg-options", "optim_wrapper.optimizer.betas=[0.9]"], ["optim_wrapper"]),
        (["{config}", "--cfg-options", "optim_wrapper.optimizer.lr=None"], ["lr is None"]),
        (
            ["{config}", "--cfg-options", "optim_wrapper.optimizer=None"],
            ["optim_wrapper cannot be built"],
        ),
        (["{config}", "--cfg-options", "optim_wrapper.optimizer.type=Adan"], ["Adan"]),
        (["{config}", "--cfg-options", "optim_wrapper.clip=1"], ["'clip'"]),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path, toy_config, train, check_refusal, arguments, words, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for variable in ("WORLD_SIZE", "SLURM_NTASKS"):  # the tests may be run by a launcher
        monkeypatch.delenv(variable, raising=False)
    config = toy_config()
    check_refusal(train, [str(a).format(config=config) for a in arguments], *words)


@pytest.mark.parametrize("threads", ["0", "-1", "two", "", "2,0"])
def test_threads_that_openmp_would_ignore(toy_config, train, check_refusal, monkeypatch, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    check_refusal(train, [toy_config()], f"OMP_NUM_THREADS={threads}: it must be a whole number")


def test_a_missing_package_of_a_visualizer(tmp_path, toy_config, train, check_refusal, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    backends = [dict(type="WandbVisBackend")]
    config = toy_config({"visualizer.vis_backends": backends})
    check_refusal(train, [config, "--work-dir", tmp_path / "w"], config.name, "pip install wandb")


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU can compute in fp16")
def test_fp16_needs_a_gpu(tmp_path, toy_config, train, check_refusal):
    check_refusal(
        train, [toy_config(), "--work-dir", tmp_path / "w", "--amp", "fp16"], "fp16", "bf16"
    )


def test_a_missing_list_of_clips(tmp_path, toy_config, train, check_refusal):
    dataset = {"type": "TripletVideoDataset", "annotations": "nowhere/list.csv", "size": 16}
    config = toy_config()
    cfg = Config.fromfile(config)
    cfg.train_dataloader.dataset = dataset
    cfg.dump(config)
    check_refusal(train, [config, "--work-dir", tmp_path / "w"], "nowhere/list.csv")


def test_options_reach_the_config(tmp_path, toy_config, load_tool):
    tool = load_tool("train")
    args = tool.parse_args([str(toy_config()), "--seed", "5", "--amp"])
    cfg = Config.fromfile(args.config)
    tool.apply_args(cfg, args)
    full = complete_config(cfg)
    assert full.randomness.seed == full.model.seed == full.train_dataloader.dataset.seed == 5
    assert cfg.model.precision == "auto" and cfg.resume is False and cfg.load_from is None
    assert cfg.work_dir == f"work_dirs/{args.config.stem}"
    args = tool.parse_args([str(args.config), "--amp", "bf16"])
    tool.apply_args(cfg, args)
    assert cfg.model.precision == "bf16" and cfg.randomness.seed == 5
    assert "allow_bad_clips" not in cfg.train_dataloader.dataset
    tool.apply_args(cfg, tool.parse_args([str(args.config), "--skip-bad-clips"]))
    assert cfg.train_dataloader.dataset.allow_bad_clips is True


def test_a_seed_of_the_command_line_is_that_of_all_components(toy_config, load_tool):
    """Also where components have seeds of their own, as in older configs."""
    held_out = dict(dataset=dict(type="SynthActorsDataset", split="test", seed=2))
    config = toy_config(
        {"model.seed": 1, "train_dataloader.dataset.seed": 1, "val_dataloader": held_out}
    )
    tool = load_tool("train")
    for options, seeds in (([], (0, 1, 1, 2)), (["--seed", "5"], (5, 5, 5, 5))):
        cfg = Config.fromfile(config)
        tool.apply_args(cfg, tool.parse_args([str(config), *options]))
        full = complete_config(cfg)
        loaders = full.train_dataloader, full.val_dataloader
        assert seeds == (
            full.randomness.seed,
            full.model.seed,
            *[loader.dataset.seed for loader in loaders],
        )


def test_a_config_can_say_that_it_resumes(tmp_path, toy_config, load_tool):
    tool = load_tool("train")
    last, other = tmp_path / "iter_3.pth", tmp_path / "other.pth"
    other.touch()
    meta = {"iter": 3, "epoch": 0}
    hub = {"runtime_info": {}}
    torch.save({"state_dict": {}, "optimizer": {"g": {}}, "meta": meta, "message_hub": hub}, last)

    def apply(changes, *options):
        config = toy_config({"resume": True, **changes})
        args = tool.parse_args([str(config), "--work-dir", str(tmp_path), *options])
        cfg = Config.fromfile(config)
        tool.apply_args(cfg, args)
        return cfg.resume, cfg.load_from

    assert apply({}) == (True, str(last))
    assert apply({"load_from": str(other)}) == (True, str(other))
    assert apply({"load_from": str(other)}, "--resume") == (True, str(last))
    last.unlink()
    assert apply({}) == (False, None)
    assert apply({"resume": False, "load_from": str(other)}) == (False, str(other))


@pytest.mark.slow
@pytest.mark.parametrize("twice", [False, True])
def test_the_released_code_is_trained_by_one_preset(tmp_path, toy_config, train, capsys, twice):
    """In the data too; configs that say it twice are as good."""
    options = ["model.preset=official", "train_cfg.max_iters=1"]
    if twice:
        options += [f"train_dataloader.dataset.{name}=official" for name in ("stride", "times")]
        options += ["train_dataloader.dataset.items_per_iteration=16"]
    train([str(toy_config()), "--work-dir", str(tmp_path), "--cfg-options", *options])
    assert "4 samples per iteration" in capsys.readouterr().out
    (dumped,) = tmp_path.glob("*.py")
    dataset = Config.fromfile(dumped).train_dataloader.dataset
    assert (dataset.stride, dataset.times) == ("official", "official")
    assert dataset.items_per_iteration == 4


@pytest.mark.slow
def test_weights_to_start_from_belong_to_the_model(trained, train, check_refusal, tmp_path):
    config, work_dir, _ = trained
    arguments = [config, "--work-dir", tmp_path / "x", "--cfg-options"]
    start = f"load_from={work_dir / 'iter_2.pth'}"
    check_refusal(
        train,
        [*arguments, start, "model.generator.motion_dim=10"],
        "iter_2.pth: is not a checkpoint of this config: generator.",
        "use a config of the same sizes",
    )
    # One that has more networks is fine.
    options = ["model.shuffle_discriminator=None", "train_cfg.max_iters=1"]
    train([str(argument) for argument in [*arguments, start, *options]])


@pytest.mark.slow
def test_weights_to_start_from_bring_no_counter(trained, train, tmp_path):
    config, work_dir, _ = trained
    old = torch.load(work_dir / "iter_2.pth", weights_only=True)["state_dict"]
    options = ["train_cfg.max_iters=1", f"load_from={work_dir / 'iter_2.pth'}"]
    train([str(config), "--work-dir", str(tmp_path / "new"), "--cfg-options", *options])
    new = torch.load(tmp_path / "new" / "iter_1.pth", weights_only=True)["state_dict"]
    assert old["iterations_done"] == 2 and new["iterations_done"] == 1
    name = "generator.synthesis.constant"
    assert (old[name] - new[name]).abs().max() < 0.01  # one step away, not drawn anew


@pytest.mark.slow
def test_as_a_program(run_tool):
    shown = run_tool("train.py", "--help")
    assert shown.returncode == 0 and "tools/train.py configs/ctsvg" in shown.stdout
    failed = run_tool("train.py", "configs/no_such.py")
    assert failed.returncode == 2
    assert "Traceback" not in failed.stderr
    assert "error: CONFIG: configs/no_such.py: there is no such config" in failed.stderr


@pytest.mark.slow
def test_two_processes_without_a_gpu_give_the_update_of_one(tmp_path, toy_config, run_tool, train):
    """Two processes of 2 triplets each, and one that takes its 4 in two parts."""
    options = ["train_cfg.max_iters=3", "custom_hooks=[]"]
    both, one = tmp_path / "both", tmp_path / "one"
    run = run_tool(
        "dist_train.sh",
        toy_config({"train_dataloader.batch_size": 2}),
        2,
        *["--work-dir", both, "--cfg-options", *options],
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.count("training on 2 x cpu in float32 with 1 thread | 4 samples") == 1
    assert run.stdout.count("done: results in") == 1
    accumulating = toy_config({"model.accumulate": 2})
    train([str(accumulating), "--work-dir", str(one), "--cfg-options", *options])
    states = [
        torch.load(path / "iter_3.pth", weights_only=True)["state_dict"] for path in (both, one)
    ]
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], atol=2e-4, rtol=1e-3, msg=name)


def test_scripts_say_how_they_are_used(run_tool):
    for script in ("dist_train.sh", "dist_test.sh", "slurm_train.sh"):
        run = run_tool(script)
        assert run.returncode == 2 and run.stderr.startswith("usage: ") and script in run.stderr
