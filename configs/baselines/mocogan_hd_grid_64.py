# MoCoGAN-HD, stages 2 and 3, on sentences of GRID at 64 x 64, narrow.
_base_ = [
    "../_base_/small_mocogan_hd.py",
    "../_base_/datasets/grid.py",
    "../_base_/default_runtime.py",
]
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(size=64, num_frames=16),
)
train_cfg = dict(max_iters=10_000)
optim_wrapper = dict(optimizer=dict(lr=0.0001, betas=(0.5, 0.999)))
default_hooks = dict(
    image_generator=dict(
        type="ImageGeneratorHook",
        path="work_dirs/mocogan_hd_stage1_grid_64/generator.safetensors",
    )
)
