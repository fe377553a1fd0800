# The drawn actors at 64 x 64, for two hours on one CPU core: the demo model, see
# docs/reference/demo_model.md.
_base_ = "ctsvg_synth_actors_32.py"
channels = {4: 96, 8: 96, 16: 64, 32: 48, 64: 24}
model = dict(
    generator=dict(channels=channels, motion_dim=64, content_dim=64),
    time_discriminator=dict(channels=channels),
    shuffle_discriminator=dict(channels=channels),
    r1_gamma=6.0,
    ema_half_life=2000,
    ramp=(200, 800),
)
train_dataloader = dict(dataset=dict(size=64))
train_cfg = dict(max_iters=7000, val_interval=1000)
optim_wrapper = dict(optimizer=dict(lr=0.004))
