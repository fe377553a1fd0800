"""tools/train_recognizer.py: MMAction2's Runner, PoseDataset and PoseC3D on drawn skeletons."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmctsvg.engine import recognition
from mmctsvg.engine.resume import read_training
from mmctsvg.evaluation.backbones.recognizer import Recognizer, mmaction_scope
from mmctsvg.evaluation.poses import poses_of, read_poses, write_poses
from mmctsvg.evaluation.video import Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools/train_recognizer.py"
TOY = """
_base_ = ["{root}/configs/recognition/posec3d_weizmann.py"]
skeletons = dict(
    _delete_=True, file="{poses}", actions=["stand", "wave", "bow"], window=16, stride=8
)
model = dict(backbone=dict(base_channels=8), cls_head=dict(in_channels=32, num_classes=3))
train_dataloader = dict(batch_size=8)
train_cfg = dict(max_epochs=12)
"""


@pytest.fixture
def main(load_tool):
    return load_tool("train_recognizer").main


@pytest.fixture
def toy(tmp_path, draw_poses, drawn_actions):
    """A config for three actions of four drawn actors, of whom one is held out."""
    clips = [
        draw_poses(action, 24, 10 * label + number).annotation(
            f"a{number}/{action}.mp4", label, actor=f"a{number}"
        )
        for label, action in enumerate(drawn_actions)
        for number in range(6)
    ]
    names = [clip["frame_dir"] for clip in clips]
    held_out = [name for name in names if name[:2] in ("a4", "a5")]
    split = {"train": [n for n in names if n not in held_out], "test": held_out}
    write_poses(tmp_path / "poses.pkl", clips, split)
    path = tmp_path / "toy.py"
    path.write_text(TOY.format(root=ROOT, poses=tmp_path / "poses.pkl"), encoding="utf-8")
    return path


@pytest.mark.slow
def test_training_measuring_and_judging(main, toy, tmp_path, capsys):
    """One training, looked at from all sides: the network is real and MMAction2's."""
    work_dir = tmp_path / "run"
    main([str(toy), "--work-dir", str(work_dir)])
    out = capsys.readouterr().out
    assert "held-out clips: top-1" in out and f"the recogniser is {work_dir}/toy.pth" in out
    recognizer = Recognizer(work_dir / "toy.pth")
    assert recognizer.held_out["clips"] == 6 and recognizer.held_out["windows"] == 12
    assert recognizer.held_out["windows_top1"] > 60  # a third is chance
    assert recognizer.actions == ["stand", "wave", "bow"] and recognizer.window == 16
    assert len(recognizer.train_clips) == 12

    check_against_mmaction2(recognizer, toy, tmp_path / "poses.pkl")
    first = poses_of(read_poses(tmp_path / "poses.pkl")[0][0])
    more = np.r_[:17, :3]
    other = replace(first, keypoint=first.keypoint[:, :, more], score=first.score[:, :, more])
    with pytest.raises(UserError, match="have 20 key points, those of .* had 17: give pose as"):
        recognizer.scores(other)

    metric = METRICS.build(
        dict(
            type="ActionAccuracy",
            recognizer=str(work_dir / "toy.pth"),
            pose=str(tmp_path / "poses.pkl"),
            min_real_accuracy=60,
        )
    )
    for clip in read_poses(tmp_path / "poses.pkl")[0]:
        actor, action = Path(clip["frame_dir"]).with_suffix("").parts
        frames = np.zeros((clip["total_frames"], 64, 64, 3), np.uint8)
        name = f"/data/{clip['frame_dir']}"
        metric.add(Video(frames=frames, name=name, actor=actor, action=action), real=True)
    result = metric.evaluate(18)
    assert result["ActionAccuracy/real_videos"] == 6 and result["ActionAccuracy/real_top1"] > 60
    assert [path.name for path in metric.draw(tmp_path)] == ["action_confusion.png"]


def check_against_mmaction2(recognizer, config, poses):
    """Our way to judge gives what MMAction2's own inference gives, and leaves no traces."""
    from mmaction.apis import inference_recognizer
    from mmaction.registry import MODELS
    from mmengine.dataset import Compose

    cfg = Config.fromfile(config)
    with mmaction_scope():
        model = MODELS.build(cfg.model)
        pipeline = Compose(cfg.test_pipeline)
        path = config.parent / "run/toy.pth"
        model.load_state_dict(torch.load(path, weights_only=True)["state_dict"])
        model.cfg = cfg
        model.eval()
    for clip in read_poses(poses)[0][:3]:
        before = clip["keypoint"].copy()
        np.random.seed(7)
        state = np.random.get_state()[1].copy()
        with DefaultScope.overwrite_default_scope("mmctsvg"):
            ours = recognizer.scores(poses_of(clip))
            assert DefaultScope.get_current_instance().scope_name == "mmctsvg"
        np.testing.assert_array_equal(np.random.get_state()[1], state)
        np.testing.assert_array_equal(clip["keypoint"], before)
        assert ours.sum() == pytest.approx(1)
        theirs = inference_recognizer(
            model, {**clip, "start_index": 0, "modality": "Pose"}, pipeline
        ).pred_score
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-6)


@pytest.mark.slow
def test_actors_left_out_are_measured_and_kept(main, toy, tmp_path, capsys):
    options = ["--folds", "2", "--cfg-options", "train_cfg.max_epochs=1"]
    main([str(toy), "--work-dir", str(tmp_path / "run"), *options])
    assert "fold 2 of 2" in capsys.readouterr().out
    known = Recognizer(tmp_path / "run/toy.pth").held_out
    assert known["actors_left_out"]["clips"] == 18 and known["clips"] == 6


def test_folds_that_are_done_are_not_trained_again(main, toy, tmp_path, monkeypatch):
    trained = []

    def train(cfg, skeletons, clips, held_out, out, **known):
        trained.append((Path(out).parent.name, known))
        if len(trained) == 2:
            raise KeyboardInterrupt
        return recognition.Ranks(windows=[0, 2], clips=[len(held_out)])

    monkeypatch.setattr(recognition, "train", train)
    arguments = [str(toy), "--work-dir", str(tmp_path / "run"), "--folds"]
    with pytest.raises(SystemExit):
        main([*arguments, "2"])
    main([*arguments, "2", "--resume"])
    assert [name for name, _ in trained] == ["fold_1", "fold_2", "fold_2", "run"]
    # Nine clips were held out in either fold: the rank that stands for them above.
    assert trained[-1][1]["actors_left_out"]["clips_top1"] == 0
    assert trained[-1][1]["actors_left_out"]["windows_top1"] == 50
    del trained[1:]
    trained *= 3  # past the interruption
    main([*arguments, "3", "--resume"])  # other clips are held out
    assert [name for name, _ in trained[3:]] == ["fold_1", "fold_2", "fold_3", "run"]


@pytest.mark.slow
def test_a_training_goes_on_past_a_damaged_checkpoint(main, toy, tmp_path, check_refusal, capsys):
    work_dir, options = tmp_path / "run", ["--cfg-options", "train_cfg.max_epochs=3"]
    run = [str(toy), "--work-dir", str(work_dir)]
    main([*run, *options])
    kept = sorted(path.name for path in work_dir.glob("*.pth"))
    assert kept == ["epoch_2.pth", "epoch_3.pth", "toy.pth"]
    newest = work_dir / "epoch_3.pth"
    newest.write_bytes(newest.read_bytes()[:5000])
    check_refusal(main, run, "holds checkpoints", "--resume auto", "--overwrite")
    capsys.readouterr()
    main([*run, "--resume", *options])
    said = capsys.readouterr()
    assert f"going on from {work_dir}/epoch_2.pth" in said.err
    assert "checkpoint at 3 epochs" in said.out and "checkpoint at 2 epochs" not in said.out
    assert read_training(newest)["meta"]["epoch"] == 3
    main([*run, "--overwrite", "--cfg-options", "train_cfg.max_epochs=1"])
    assert [path.name for path in work_dir.glob("epoch_*")] == ["epoch_1.pth"]


def test_wrong_configs_are_refused(main, toy, tmp_path, check_refusal):
    check_refusal(main, [ROOT / "configs/ctsvg_weizmann_64.py"], "no config of a recogniser")
    run = [toy, "--work-dir", tmp_path / "run"]
    check_refusal(main, [*run, "--folds", "7"], "--folds 7", "number of actors, 6")
    options = [*run, "--cfg-options"]
    check_refusal(main, [*options, "skeletons.file=absent.pkl"], "absent.pkl", "no such pose")
    check_refusal(main, [*options, "model.cls_head.num_classes=4"], "is 4", "stand, wave, bow")
    assert not (tmp_path / "run").exists()


def test_real_clips_need_weights(main, tmp_path, check_refusal, monkeypatch):
    monkeypatch.delenv("MMCTSVG_WEIGHTS_MOVENET", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = ROOT / "configs/recognition/posec3d_weizmann.py"
    check_refusal(main, [config, "--work-dir", tmp_path / "run"], "MMCTSVG_WEIGHTS_MOVENET")
