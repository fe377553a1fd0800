# MoCoGAN-HD, stage 1, on frames of sentences of GRID at 64 x 64, narrow.
_base_ = [
    "../_base_/small_mocogan_hd_stage1.py",
    "../_base_/datasets/grid.py",
    "../_base_/default_runtime.py",
]
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(size=64, num_frames=1),
)
train_cfg = dict(max_iters=36_000)
