# ImaGINator on MEAD at 128 x 128, with one stage more than as released; its class is the emotion.
_base_ = [
    "../_base_/imaginator.py",
    "../_base_/datasets/mead.py",
    "../_base_/default_runtime.py",
]
model = dict(
    generator=dict(base=32),
    video_discriminator=dict(base=32),
    image_discriminator=dict(base=32),
)
train_dataloader = dict(batch_size=64, dataset=dict(size=128, num_frames=32))
optim_wrapper = dict(optimizer=dict(lr=0.0002, betas=(0.5, 0.999)))
