# The same model, narrow enough for two CPU cores. docs/lab/training_notes.md says why these values.
_base_ = "model.py"
channels = {4: 64, 8: 64, 16: 48, 32: 32, 64: 16}
model = dict(
    generator=dict(
        channels=channels,
        motion_dim=32,
        content_dim=32,
        frequency_std=0.5,
        linear_std=0.02,
        noise=False,
    ),
    time_discriminator=dict(
        channels=channels,
        embed_dim=64,
        head_channels=64,
        hidden_dim=512,
        frequency_std=0.5,
        linear_std=0.02,
        motion_gain=6.0,
    ),
    shuffle_discriminator=dict(channels=channels, hidden_dim=128),
    r1_gamma=2.0,
    ema_half_life=500,
    ramp=(100, 300),
    precision="auto",
)
