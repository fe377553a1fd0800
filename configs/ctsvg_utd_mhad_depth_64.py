# UTD-MHAD in depth, 8 people with 27 actions, at 64 x 64, with the few channels of
# ctsvg_weizmann_64.py: what two CPU cores can train.
_base_ = [
    "_base_/small_model_64.py",
    "_base_/datasets/utd_mhad_depth.py",
    "_base_/default_runtime.py",
]
train_dataloader = dict(batch_size=8, dataset=dict(size=64, stride=3))
train_cfg = dict(max_iters=40_000)
optim_wrapper = dict(optimizer=dict(lr=0.004))
