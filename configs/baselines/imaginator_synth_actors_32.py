# ImaGINator on the drawn actors, narrow: 16 frames of 32 x 32, which is all that its rule allows.
_base_ = [
    "../_base_/small_imaginator.py",
    "../_base_/datasets/synth_actors.py",
    "../_base_/default_runtime.py",
]
model = dict(frames=16)
train_dataloader = dict(batch_size=16, dataset=dict(size=32, num_frames=16, length=32))
train_cfg = dict(max_iters=7300, val_interval=7300)
optim_wrapper = dict(optimizer=dict(lr=0.0002, betas=(0.5, 0.999)))
