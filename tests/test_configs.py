"""Every config: it is built at full size, and takes one real step at reduced size."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

import mmctsvg.models  # noqa: F401  constants are made at import, not on the meta device
from mmctsvg.engine.complete import complete_config, complete_model
from mmctsvg.models.switches import SWITCHES
from mmctsvg.registry import DATASETS, MODELS, OPTIM_WRAPPER_CONSTRUCTORS

ROOT = Path(__file__).parents[1] / "configs"
CONFIGS = sorted(
    str(path.relative_to(ROOT))
    for path in ROOT.rglob("*.py")
    # Comparisons are no trainings: tests/test_engine/test_comparison.py.
    if not {"_base_", "comparisons"} & set(path.parts)
)
RECOGNITION = [name for name in CONFIGS if name.startswith("recognition/")]
CONFIGS = [name for name in CONFIGS if name not in RECOGNITION]
#: Their networks and clips are of another kind: tests/test_configs_of_clips.py.
CLIPS = [n for n in CONFIGS if n.startswith(("baselines/imaginator", "baselines/mocogan_hd"))]
#: Data set -> its numbers of actors and actions; the files are not here.
LABELS = {
    "GRIDDataset": (34, 0),
    "MEADDataset": (30, 8),
    "RAVDESSDataset": (24, 8),
    "UTDMHADDataset": (8, 27),
    "WeizmannDataset": (9, 4),
    "SynthActorsDataset": (8, 5),
    "TripletVideoDataset": (6, 3),
}


def load(name):
    return Config.fromfile(ROOT / name)


def build(cfg, **changes):
    """The model as a training builds it, without the data."""
    cfg = complete_config(cfg)
    dataset = cfg.train_dataloader.dataset
    actors, actions = map(range, LABELS[dataset.type])
    metainfo = dict(size=dataset["size"], actors=actors, actions=actions)
    return MODELS.build(complete_model({**cfg.model, **changes}, metainfo))


@pytest.mark.parametrize("name", [name for name in CONFIGS if name not in CLIPS])
def test_one_real_step(name):
    """Model, optimisers and data arguments fit each other."""
    cfg = load(name)
    with torch.device("meta"):  # full size, without its memory
        full = build(cfg)
    size = cfg.train_dataloader.dataset["size"]
    of_data = LABELS[cfg.train_dataloader.dataset.type]
    labels = (0, 0) if name.endswith("uncond.py") or "stylegan_v" in name else of_data
    assert full.generator.size == size
    assert (full.generator.num_actors, full.generator.num_actions) == labels
    if getattr(full, "time_discriminator", None) is not None:
        assert full.time_discriminator.trunk.size == size
        for embedding, count in zip(("actor", "action"), labels, strict=True):
            table = getattr(full.time_discriminator, embedding)
            assert (table.num_embeddings if table is not None else 0) == count

    complete = complete_config(cfg)
    for split in ("train", "val"):
        if f"{split}_dataloader" in complete:
            dataset = dict(complete[f"{split}_dataloader"].dataset)
            inspect.signature(DATASETS.get(dataset.pop("type"))).bind(**dataset)

    for network in full.networks:
        cfg.model[network]["channels"] = {4: 4, 8: 4, 16: 4}
        if "concat_at" in inspect.signature(type(getattr(full, network))).parameters:
            cfg.model[network]["concat_at"] = 8
    model = build(cfg, size=16)
    constructor = dict(type=cfg.optim_wrapper.constructor, optim_wrapper_cfg=cfg.optim_wrapper)
    wrappers = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model)
    log = model.train_step(
        dict(
            frames=torch.rand(4, 3, 3, 16, 16) * 2 - 1,
            times=torch.arange(3.0).expand(4, 3),
            actor=torch.arange(4) % max(labels[0], 1),
            action=torch.arange(4) % max(labels[1], 1),
            length=torch.full((4,), 40),
            index=torch.arange(4),
        ),
        wrappers,
    )
    assert all(torch.isfinite(value) for value in log.values())


def test_no_two_configs_are_the_same():
    """A config that adds nothing to what it inherits is one too many."""
    contents = {name: repr(load(name)._cfg_dict) for name in CONFIGS}
    assert len(set(contents.values())) == len(contents)


@pytest.mark.parametrize("name", CONFIGS)
def test_every_fact_is_said_once(name):
    """Sizes, labels, seeds and sampling: in the data set, in ``randomness``, in the switches."""
    cfg = load(name)
    assert cfg.randomness == dict(seed=0) and "seed" not in cfg.model
    # StyleGAN-V's law of times is the data set's alone.
    once = {"seed", "items_per_iteration", *([] if "stylegan_v" in name else ["times"])}
    assert not once & cfg.train_dataloader.dataset.keys()
    for network in (key for key in cfg.model if key.endswith(("generator", "discriminator"))):
        facts = (cfg.model[network] or {}).keys() & {"size", "num_actors", "num_actions"}
        assert not facts, (network, facts)
    held_out = cfg.get("val_dataloader", {}).get("dataset", {})
    assert not held_out.keys() & cfg.train_dataloader.dataset.keys()


def test_every_switch_has_an_ablation():
    """Which differs from the paper in this switch alone; one config is all of them."""
    for switch in SWITCHES:
        model = load(f"ablations/mead_128_official_{switch}.py").model
        assert model.preset == "paper" and model.switches == {switch: "official"}
    full = complete_config(load("ablations/mead_128_official.py"))
    assert full.model.preset == "official" and "switches" not in full.model
    dataset = full.train_dataloader.dataset
    assert (dataset.stride, dataset.times) == ("official", "official")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RECOGNITION if "posec3d" in name])
def test_recognisers_see_skeletons(name, draw_poses):
    """Pipelines, network, head and data of a recogniser fit each other."""
    from mmctsvg.evaluation.backbones.recognizer import mmaction_scope

    cfg = load(name)
    dataset = dict(cfg.skeletons.dataset)
    kind = DATASETS.get(dataset.pop("type"))
    inspect.signature(kind).bind(**dataset)
    assert cfg.model.cls_head.num_classes == len(kind.ACTION_NAMES)
    assert cfg.param_scheduler[0].T_max == cfg.train_cfg.max_epochs
    clip = draw_poses("wave", cfg.skeletons.window).annotation("x", 1, start_index=0)
    points = np.arange(cfg.model.backbone.in_channels) % 17  # COCO has 17, the Kinect 20
    for key in ("keypoint", "keypoint_score"):
        clip[key] = clip[key][:, :, points]
    with mmaction_scope():
        from mmaction.registry import MODELS as networks
        from mmengine.dataset import Compose, pseudo_collate

        model = networks.build(cfg.model)
        train, test = (
            Compose(cfg[f"{mode}_pipeline"])(
                {**clip, "keypoint": clip["keypoint"].copy(), "modality": "Pose"}
            )
            for mode in ("train", "test")
        )
    losses = model.loss(**model.data_preprocessor(pseudo_collate([train]), True))
    assert torch.isfinite(losses["loss_cls"])
    test["inputs"] = test["inputs"][:1]  # of several samples one will do
    (seen,) = model.eval().test_step(pseudo_collate([test]))
    assert seen.pred_score.shape == (len(kind.ACTION_NAMES),)
    assert seen.pred_score.sum().item() == pytest.approx(1, abs=1e-4)


def test_pose_network_and_its_recogniser_share_data():
    """The recogniser takes the file that the pose network's config makes, on the same clips."""
    pose = load("recognition/pose_utd_mhad_depth.py")
    skeletons = load("recognition/posec3d_utd_mhad_depth.py").skeletons
    given = pose.train_dataloader.dataset
    assert skeletons.pose == "work_dirs/pose_utd_mhad_depth/pose_utd_mhad_depth.pth"
    assert skeletons.dataset.annotations == given.annotations
    assert skeletons.dataset["size"] == given["size"] == pose.model["size"]
    assert pose.param_scheduler[0].T_max == pose.train_cfg.max_epochs
    assert set(pose.held_out.only) <= set(given.without)
    judge = load("ctsvg_utd_mhad_depth_64.py").metrics[1]
    assert judge.pose == skeletons.pose and "posec3d_utd_mhad_depth" in judge.recognizer
    for settings in (given, {**given, **pose.held_out}):
        settings = dict(settings)
        inspect.signature(DATASETS.get(settings.pop("type"))).bind(**settings)
    assert MODELS.build(pose.model).size == 64


def test_full_recogniser_is_mmaction2s():
    """Its own PoseC3D on key points, but for classes, batch, and flips that turn left to right."""
    mmaction = pytest.importorskip("mmaction")
    folder = Path(mmaction.__file__).parent / ".mim/configs/skeleton/posec3d"
    theirs = Config.fromfile(folder / "slowonly_r50_8xb16-u48-240e_ntu60-xsub-keypoint.py")
    ours = load("recognition/posec3d_utd_mhad.py")
    assert ours.model.backbone == theirs.model.backbone
    assert ours.model.cls_head == {**theirs.model.cls_head, "num_classes": 27}
    assert ours.train_pipeline == [t for t in theirs.train_pipeline if t.type != "Flip"]
    assert ours.train_cfg.max_epochs == theirs.train_cfg.max_epochs
    ours.optim_wrapper.optimizer.lr *= 8
    assert ours.optim_wrapper == theirs.optim_wrapper


def test_main_config_is_the_paper():
    """Section 4.3 and the values that it takes from StyleGAN2."""
    cfg = load("ctsvg_mead_128.py")
    assert cfg.train_dataloader.batch_size == 16 and cfg.train_cfg.max_iters == 120_000
    assert cfg.model.ramp == (4000, 6000) and cfg.model.preset == "paper"
    assert cfg.model.generator.motion_dim == 128 and cfg.model.time_discriminator.time_points == 3
    with torch.device("meta"):
        model = build(cfg)
    assert set(model.switches.values()) == {"paper"}
    assert (model.r1_gamma, model.r1_interval) == (10, 16)
    assert (model.path_weight, model.path_decay, model.path_interval) == (2, 0.01, 4)
    assert cfg.optim_wrapper.optimizer == dict(type="Adam", lr=0.002, betas=(0.0, 0.99), fused=True)


def test_fine_tuning_is_the_released_code_after_its_ramp():
    cfg = load("ctsvg_mead_128_finetune.py")
    with torch.device("meta"):
        model = build(cfg)
    assert set(model.switches.values()) == {"official"} and model.ramp_weight == 1
    assert cfg.load_from and cfg.optim_wrapper.optimizer.lr == 0.0005
