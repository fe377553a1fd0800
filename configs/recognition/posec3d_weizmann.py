# A PoseC3D that one CPU core trains in minutes: 4 actions, heat maps of 32 pixels, 16 of 48 frames.
_base_ = "../_base_/recognition_runtime.py"
skeletons = dict(
    dataset=dict(
        type="WeizmannDataset", annotations="data/weizmann64/annotations.csv", size=64, cache=None
    ),
    pose="movenet",
    window=48,
    stride=4,
)
model = dict(
    type="Recognizer3D",
    backbone=dict(
        type="ResNet3dSlowOnly",
        depth=18,
        pretrained=None,
        in_channels=17,
        base_channels=16,
        num_stages=3,
        out_indices=(2,),
        stage_blocks=(1, 1, 1),
        conv1_kernel=(1, 3, 3),
        conv1_stride_s=2,
        pool1_stride_s=1,
        inflate=(0, 1, 1),
        spatial_strides=(1, 2, 2),
        temporal_strides=(1, 1, 2),
        dilations=(1, 1, 1),
    ),
    cls_head=dict(
        type="I3DHead", in_channels=64, num_classes=4, dropout_ratio=0.5, average_clips="prob"
    ),
)
left_kp = [1, 3, 5, 7, 9, 11, 13, 15]
right_kp = [2, 4, 6, 8, 10, 12, 14, 16]
heatmap = dict(type="GeneratePoseTarget", sigma=0.6, use_score=True, with_kp=True, with_limb=False)
train_pipeline = [
    dict(type="UniformSampleFrames", clip_len=16),
    dict(type="PoseDecode"),
    dict(type="PoseCompact", hw_ratio=1.0, allow_imgpad=True),
    dict(type="Resize", scale=(-1, 36)),
    dict(type="RandomResizedCrop", area_range=(0.56, 1.0)),
    dict(type="Resize", scale=(32, 32), keep_ratio=False),
    dict(type="Flip", flip_ratio=0.5, left_kp=left_kp, right_kp=right_kp),
    heatmap,
    dict(type="FormatShape", input_format="NCTHW_Heatmap"),
    dict(type="PackActionInputs"),
]
test_pipeline = [
    dict(type="UniformSampleFrames", clip_len=16, num_clips=2, test_mode=True),
    dict(type="PoseDecode"),
    dict(type="PoseCompact", hw_ratio=1.0, allow_imgpad=True),
    dict(type="Resize", scale=(-1, 32)),
    dict(type="CenterCrop", crop_size=32),
    dict(double=True, left_kp=left_kp, right_kp=right_kp, **heatmap),
    dict(type="FormatShape", input_format="NCTHW_Heatmap"),
    dict(type="PackActionInputs"),
]
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(type="PoseDataset", ann_file="", pipeline=train_pipeline),
)
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=12)
optim_wrapper = dict(
    optimizer=dict(type="AdamW", lr=5e-3, weight_decay=1e-2),
    clip_grad=dict(max_norm=40, norm_type=2),
)
param_scheduler = [
    dict(type="CosineAnnealingLR", eta_min=0, T_max=12, by_epoch=True, convert_to_iter_based=True)
]
