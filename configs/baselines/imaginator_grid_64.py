# ImaGINator on sentences of GRID at 64 x 64, narrow.
_base_ = [
    "../_base_/small_imaginator.py",
    "../_base_/datasets/grid.py",
    "../_base_/default_runtime.py",
]
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(size=64, num_frames=32),
)
train_cfg = dict(max_iters=60_000)
optim_wrapper = dict(optimizer=dict(lr=0.0002, betas=(0.5, 0.999)))
