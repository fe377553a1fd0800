# UTD-MHAD, 8 people with 27 actions, at 128 x 128.
_base_ = [
    "_base_/model.py",
    "_base_/datasets/utd_mhad.py",
    "_base_/default_runtime.py",
]
labels = dict(num_actors=8, num_actions=27)
model = dict(
    generator=dict(size=128, **labels),
    time_discriminator=dict(size=128, **labels),
    shuffle_discriminator=dict(size=128),
)
train_dataloader = dict(dataset=dict(size=128))
