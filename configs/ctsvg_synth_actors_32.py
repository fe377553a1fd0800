# The built-in drawn actors, 8 people with 5 actions, at 32 x 32: nine minutes on two CPU cores.
_base_ = [
    "_base_/small_model.py",
    "_base_/datasets/synth_actors.py",
    "_base_/default_runtime.py",
]
train_dataloader = dict(batch_size=8, dataset=dict(size=32, stride=3, length=32))
train_cfg = dict(max_iters=2500, val_interval=2500)
optim_wrapper = dict(optimizer=dict(lr=0.008))
