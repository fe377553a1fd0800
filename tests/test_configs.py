"""Every config: it is built at full size, and takes one real step at reduced size."""

import inspect
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

import mmctsvg.models  # noqa: F401  constants are made at import, not on the meta device
from mmctsvg.registry import DATASETS, MODELS, OPTIM_WRAPPER_CONSTRUCTORS

ROOT = Path(__file__).parents[1] / "configs"
CONFIGS = sorted(
    str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if "_base_" not in str(path)
)
RECOGNITION = [name for name in CONFIGS if name.startswith("recognition/")]
CONFIGS = [name for name in CONFIGS if name not in RECOGNITION]


def load(name):
    return Config.fromfile(ROOT / name)


def reduced(model):
    """The same model at 16 px and with 4 channels everywhere."""
    for player in ("generator", "time_discriminator", "shuffle_discriminator"):
        if model[player] is not None:
            model[player].update(size=16, channels={4: 4, 8: 4, 16: 4})
    return model


@pytest.mark.parametrize("name", CONFIGS)
def test_one_real_step(name):
    """Model, optimisers and data arguments fit each other."""
    cfg = load(name)
    labels = cfg.model.generator.num_actors, cfg.model.generator.num_actions
    with torch.device("meta"):  # full size, without its memory
        full = MODELS.build(cfg.model)
    assert full.generator.size == cfg.train_dataloader.dataset["size"]
    if full.time_discriminator is not None:
        for embedding, count in zip(("actor", "action"), labels, strict=True):
            table = getattr(full.time_discriminator, embedding)
            assert (table.num_embeddings if table is not None else 0) == count

    dataset = dict(cfg.train_dataloader.dataset)
    inspect.signature(DATASETS.get(dataset.pop("type"))).bind(**dataset)

    model = MODELS.build(reduced(cfg.model))
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


@pytest.mark.parametrize("name", [n for n in CONFIGS if n.startswith("ablations/")])
def test_an_ablation_differs_from_what_it_inherits(name):
    """Except where the ablation's value is the default, said so in its first line."""
    text = (ROOT / name).read_text()
    parent = text.split('_base_ = "../')[1].split('"')[0]
    ours, base = load(name), load(parent)
    default = "default" in text or name.endswith("k128.py")
    assert (ours._cfg_dict == base._cfg_dict) == default


@pytest.mark.slow
@pytest.mark.parametrize("name", RECOGNITION)
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
        model = MODELS.build(cfg.model)
    assert set(model.switches.values()) == {"paper"}
    assert (model.r1_gamma, model.r1_interval) == (10, 16)
    assert (model.path_weight, model.path_decay, model.path_interval) == (2, 0.01, 4)
    assert cfg.optim_wrapper.optimizer == dict(type="Adam", lr=0.002, betas=(0.0, 0.99), fused=True)


def test_fine_tuning_is_the_released_code_after_its_ramp():
    cfg = load("ctsvg_mead_128_finetune.py")
    with torch.device("meta"):
        model = MODELS.build(cfg.model)
    assert set(model.switches.values()) == {"official"} and model.ramp_weight == 1
    assert cfg.load_from and cfg.optim_wrapper.optimizer.lr == 0.0005
