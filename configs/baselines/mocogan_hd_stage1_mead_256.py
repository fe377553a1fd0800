# MoCoGAN-HD, stage 1: MMagic's StyleGAN2 on frames of MEAD at 256 x 256.
_base_ = [
    "../_base_/mocogan_hd_stage1.py",
    "../_base_/datasets/mead.py",
    "../_base_/default_runtime.py",
]
train_dataloader = dict(dataset=dict(size=256, num_frames=1))
train_cfg = dict(max_iters=150_000)
