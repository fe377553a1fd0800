# StyleGAN-V on the drawn actors at 32 x 32.
_base_ = [
    "../_base_/datasets/synth_actors.py",
    "../_base_/small_stylegan_v.py",
    "../_base_/default_runtime.py",
]
channels = {4: 128, 8: 128, 16: 128, 32: 64}
model = dict(
    generator=dict(channels=channels),
    discriminator=dict(channels=channels, concat_at=8),
)
train_dataloader = dict(batch_size=8, dataset=dict(size=32, times="spans"))
train_cfg = dict(max_iters=3000, val_interval=3000)
optim_wrapper = dict(optimizer=dict(lr=0.0025))
