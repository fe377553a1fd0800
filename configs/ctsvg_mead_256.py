# MEAD at 256 x 256.
_base_ = "ctsvg_mead_128.py"
model = dict(
    generator=dict(size=256),
    time_discriminator=dict(size=256),
    shuffle_discriminator=dict(size=256),
)
train_dataloader = dict(dataset=dict(size=256))
