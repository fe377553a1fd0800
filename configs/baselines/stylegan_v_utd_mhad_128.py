# StyleGAN-V on UTD-MHAD at 128 x 128, without labels: table 2 of the paper.
_base_ = [
    "../_base_/datasets/utd_mhad.py",
    "../_base_/stylegan_v.py",
    "../_base_/default_runtime.py",
]
# Triplets that span 2 to 32 frames; 130 208 iterations show 25 million frames.
train_dataloader = dict(batch_size=64, dataset=dict(size=128, times="spans"))
train_cfg = dict(max_iters=130_208)
optim_wrapper = dict(optimizer=dict(lr=0.0025))
