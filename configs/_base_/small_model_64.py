# What two CPU cores train at 64 x 64 on people who move as a whole.
_base_ = "small_model.py"
channels = {4: 96, 8: 96, 16: 96, 32: 64, 64: 32}
model = dict(
    generator=dict(channels=channels, motion_dim=64, content_dim=64, frequency_std=0.25),
    time_discriminator=dict(channels=channels, frequency_std=0.25),
    shuffle_discriminator=dict(channels=channels),
    r1_gamma=6.0,
    ema_half_life=2000,
    ramp=(500, 1500),
)
