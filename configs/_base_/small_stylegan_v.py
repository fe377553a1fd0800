# The same, narrow enough for two CPU cores: docs/explanation/baselines.md says why these values.
_base_ = "stylegan_v.py"
channels = {4: 128, 8: 128, 16: 128, 32: 128, 64: 64}
model = dict(
    generator=dict(
        channels=channels, content_dim=128, code_dim=128, periods=64, longest=256, max_frames=256
    ),
    discriminator=dict(channels=channels, hidden_dim=128, max_frames=256),
    ema_half_life=500,
    precision="auto",
)
