# StyleGAN-V on sentences of GRID at 64 x 64.
_base_ = [
    "../_base_/datasets/grid.py",
    "../_base_/small_stylegan_v.py",
    "../_base_/default_runtime.py",
]
model = dict(ema_half_life=2000)
train_dataloader = dict(
    batch_size=8, num_workers=0, persistent_workers=False, dataset=dict(size=64, times="spans")
)
train_cfg = dict(max_iters=40_000)
optim_wrapper = dict(optimizer=dict(lr=0.0025))
