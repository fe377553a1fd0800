# Sentences of GRID at 64 x 64 with few channels: what two CPU cores can train. The values are those
# of ctsvg_mead_64.py; there are no actions, so no ramp.
_base_ = [
    "_base_/small_model.py",
    "_base_/datasets/grid.py",
    "_base_/default_runtime.py",
]
channels = {4: 96, 8: 96, 16: 64, 32: 48, 64: 24}
model = dict(
    generator=dict(channels=channels, motion_dim=64, content_dim=64),
    time_discriminator=dict(channels=channels, motion_gain=30.0),
    shuffle_discriminator=dict(channels=channels),
    r1_gamma=0.5,
    ema_half_life=2000,
    ramp=None,
)
train_dataloader = dict(batch_size=8, dataset=dict(size=64, stride=3))
train_cfg = dict(max_iters=40_000)
optim_wrapper = dict(optimizer=dict(lr=0.004))
