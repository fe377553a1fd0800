# MoCoGAN-HD, stage 1, on frames of the drawn actors at 32 x 32, narrow.
_base_ = [
    "../_base_/small_mocogan_hd_stage1.py",
    "../_base_/datasets/synth_actors.py",
    "../_base_/default_runtime.py",
]
channels = {4: 128, 8: 128, 16: 128, 32: 64}
model = dict(
    generator=dict(channels=channels),
    discriminator=dict(channels=channels),
)
train_dataloader = dict(batch_size=16, dataset=dict(size=32, num_frames=1, length=32))
train_cfg = dict(max_iters=1800)
