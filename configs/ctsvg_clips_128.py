# Clips of one's own at 128 x 128, with the paper's networks.
_base_ = [
    "_base_/model.py",
    "_base_/datasets/clips.py",
    "_base_/default_runtime.py",
]
train_dataloader = dict(dataset=dict(size=128))
