# StyleGAN-V on MEAD at 256 x 256, as in table 1 of the paper.
_base_ = [
    "../_base_/datasets/mead.py",
    "../_base_/stylegan_v.py",
    "../_base_/default_runtime.py",
]
# Triplets that span 2 to 32 frames; 130 208 iterations show 25 million frames.
train_dataloader = dict(batch_size=64, dataset=dict(size=256, times="spans"))
train_cfg = dict(max_iters=130_208)
optim_wrapper = dict(optimizer=dict(lr=0.0025))
