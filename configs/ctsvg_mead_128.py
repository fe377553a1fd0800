# MEAD, 30 actors with 8 emotions, at 128 x 128: the main model of the paper.
_base_ = [
    "_base_/model.py",
    "_base_/datasets/mead.py",
    "_base_/default_runtime.py",
]
labels = dict(num_actors=30, num_actions=8)
model = dict(
    generator=dict(size=128, **labels),
    time_discriminator=dict(size=128, **labels),
    shuffle_discriminator=dict(size=128),
)
train_dataloader = dict(dataset=dict(size=128))
