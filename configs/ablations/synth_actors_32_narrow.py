# Half the channels at 16 and 32 pixels, narrow heads of D_t (docs/lab/training_notes.md).
_base_ = "../ctsvg_synth_actors_32.py"
channels = {4: 64, 8: 64, 16: 32, 32: 16}
model = dict(
    generator=dict(channels=channels),
    time_discriminator=dict(channels=channels, hidden_dim=128),
    shuffle_discriminator=dict(channels=channels),
)
