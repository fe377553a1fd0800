# The same at 32 x 32, for CPUs.
_base_ = "ctsvg_weizmann_64.py"
model = dict(
    generator=dict(size=32), time_discriminator=dict(size=32), shuffle_discriminator=dict(size=32)
)
train_dataloader = dict(dataset=dict(size=32))
