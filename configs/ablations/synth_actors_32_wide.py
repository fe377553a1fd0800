# As wide as the baselines at 32 x 32: no method of a comparison wins by its width.
_base_ = "../ctsvg_synth_actors_32.py"
channels = {4: 128, 8: 128, 16: 128, 32: 64}
model = dict(
    generator=dict(channels=channels, motion_dim=64, content_dim=64),
    time_discriminator=dict(channels=channels),
    shuffle_discriminator=dict(channels=channels),
)
