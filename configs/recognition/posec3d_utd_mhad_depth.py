# A PoseC3D for the 27 actions of UTD-MHAD in depth, on skeletons of pose_utd_mhad_depth.py: small
# enough for one CPU core. No flip: swiping left is another action than swiping right.
_base_ = "posec3d_weizmann.py"
skeletons = dict(
    dataset=dict(
        _delete_=True,
        type="UTDMHADDataset",
        annotations="data/utd_mhad_depth/annotations.csv",
        size=64,
    ),
    pose="work_dirs/pose_utd_mhad_depth/pose_utd_mhad_depth.pth",
    window=64,
    stride=16,
)
model = dict(backbone=dict(in_channels=20), cls_head=dict(num_classes=27))
heatmap = dict(type="GeneratePoseTarget", sigma=0.6, use_score=True, with_kp=True, with_limb=False)
train_pipeline = [
    dict(type="UniformSampleFrames", clip_len=16),
    dict(type="PoseDecode"),
    dict(type="PoseCompact", hw_ratio=1.0, allow_imgpad=True),
    dict(type="Resize", scale=(-1, 36)),
    dict(type="RandomResizedCrop", area_range=(0.56, 1.0)),
    dict(type="Resize", scale=(32, 32), keep_ratio=False),
    heatmap,
    dict(type="FormatShape", input_format="NCTHW_Heatmap"),
    dict(type="PackActionInputs"),
]
test_pipeline = [
    dict(type="UniformSampleFrames", clip_len=16, num_clips=4, test_mode=True),
    dict(type="PoseDecode"),
    dict(type="PoseCompact", hw_ratio=1.0, allow_imgpad=True),
    dict(type="Resize", scale=(-1, 32)),
    dict(type="CenterCrop", crop_size=32),
    heatmap,
    dict(type="FormatShape", input_format="NCTHW_Heatmap"),
    dict(type="PackActionInputs"),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
# 12 epochs are too few for the paper's accuracy: docs/lab/action_accuracy.md.
train_cfg = dict(max_epochs=36)
optim_wrapper = dict(optimizer=dict(lr=3e-3))
param_scheduler = [
    dict(type="CosineAnnealingLR", eta_min=0, T_max=36, by_epoch=True, convert_to_iter_based=True)
]
