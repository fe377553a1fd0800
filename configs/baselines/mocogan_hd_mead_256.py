# MoCoGAN-HD, stages 2 and 3, on MEAD at 256 x 256: 100 epochs, every other frame.
_base_ = [
    "../_base_/mocogan_hd.py",
    "../_base_/datasets/mead.py",
    "../_base_/default_runtime.py",
]
model = dict(generator=dict(stride=2), chunk=64)
train_dataloader = dict(dataset=dict(size=256, num_frames=16, stride=2))
train_cfg = dict(max_iters=118_000)
optim_wrapper = dict(optimizer=dict(lr=0.0001, betas=(0.5, 0.999)))
default_hooks = dict(
    image_generator=dict(
        type="ImageGeneratorHook",
        path="work_dirs/mocogan_hd_stage1_mead_256/generator.safetensors",
    )
)
