# UTD-MHAD, 8 people with 27 actions, at 128 x 128.
_base_ = [
    "_base_/model.py",
    "_base_/datasets/utd_mhad.py",
    "_base_/default_runtime.py",
]
train_dataloader = dict(dataset=dict(size=128))
