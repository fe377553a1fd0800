# A small network that finds the Kinect's 20 joints in depth frames of UTD-MHAD, for recognisers of
# actions: half an hour on one busy CPU core. It never sees the unseen pairs of the paper's split,
# nor the people on whom it is measured.
_base_ = "../_base_/recognition_runtime.py"
default_scope = "mmctsvg"
held_out = dict(split="all", without=(), only=("s4", "s8"), step=3)
model = dict(type="HeatmapNetwork", size=64)
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=True),
    collate_fn=dict(type="default_collate"),
    dataset=dict(
        type="SkeletonFrames",
        annotations="data/utd_mhad_depth/annotations.csv",
        skeletons="downloads/UTD-MHAD/Skeleton",
        size=64,
        without=("s4", "s8"),
        step=2,
    ),
)
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=6)
optim_wrapper = dict(optimizer=dict(type="Adam", lr=0.002))
param_scheduler = [
    dict(type="CosineAnnealingLR", eta_min=0, T_max=6, by_epoch=True, convert_to_iter_based=True)
]
