# MEAD, 30 actors with 8 emotions, at 128 x 128: the main model of the paper.
_base_ = [
    "_base_/model.py",
    "_base_/datasets/mead.py",
    "_base_/default_runtime.py",
]
train_dataloader = dict(dataset=dict(size=128))
