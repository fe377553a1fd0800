# The same model, narrow enough for two CPU cores.
_base_ = "imaginator.py"
model = dict(
    generator=dict(base=32, noise_dim=128, appearance_dim=64, middle=(4, 4)),
    video_discriminator=dict(base=32),
    image_discriminator=dict(base=32),
    precision="auto",
)
