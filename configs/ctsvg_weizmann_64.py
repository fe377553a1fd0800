# Real people: 9 actors with 4 actions, at 64 x 64, with few channels.
_base_ = [
    "_base_/small_model_64.py",
    "_base_/datasets/weizmann.py",
    "_base_/default_runtime.py",
]
train_dataloader = dict(
    batch_size=8, num_workers=0, persistent_workers=False, dataset=dict(size=64, stride=3)
)
train_cfg = dict(max_iters=40_000)
optim_wrapper = dict(optimizer=dict(lr=0.004))
