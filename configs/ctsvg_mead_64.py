# Talking faces at 64 x 64 with few channels: what two CPU cores can train.
_base_ = [
    "_base_/small_model.py",
    "_base_/datasets/mead.py",
    "_base_/default_runtime.py",
]
channels = {4: 96, 8: 96, 16: 64, 32: 48, 64: 24}
model = dict(
    generator=dict(channels=channels, motion_dim=64, content_dim=64),
    # Frames of speaking faces differ seven times less than those of waving arms: hence this gain,
    # and the weight of R1 (docs/lab/training_notes.md).
    time_discriminator=dict(channels=channels, motion_gain=30.0),
    shuffle_discriminator=dict(channels=channels),
    r1_gamma=0.5,
    ema_half_life=2000,
    ramp=(200, 800),
)
train_dataloader = dict(batch_size=8, dataset=dict(size=64, stride=3))
train_cfg = dict(max_iters=40_000)
optim_wrapper = dict(optimizer=dict(lr=0.004))
