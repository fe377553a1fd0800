# UTD-MHAD in depth, 8 people with 27 actions, at 64 x 64, with the few channels of
# ctsvg_weizmann_64.py: what two CPU cores can train.
_base_ = [
    "_base_/small_model.py",
    "_base_/datasets/utd_mhad_depth.py",
    "_base_/default_runtime.py",
]
channels = {4: 96, 8: 96, 16: 96, 32: 64, 64: 32}
model = dict(
    generator=dict(channels=channels, motion_dim=64, content_dim=64, frequency_std=0.25),
    time_discriminator=dict(channels=channels, frequency_std=0.25),
    shuffle_discriminator=dict(channels=channels),
    r1_gamma=6.0,
    ema_half_life=2000,
    ramp=(500, 1500),
)
train_dataloader = dict(batch_size=8, dataset=dict(size=64, stride=3))
train_cfg = dict(max_iters=40_000)
optim_wrapper = dict(optimizer=dict(lr=0.004))
