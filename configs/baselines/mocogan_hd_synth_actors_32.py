# MoCoGAN-HD, stages 2 and 3, on the drawn actors at 32 x 32, narrow.
_base_ = [
    "../_base_/small_mocogan_hd.py",
    "../_base_/datasets/synth_actors.py",
    "../_base_/default_runtime.py",
]
model = dict(generator=dict(images=dict(channels={4: 128, 8: 128, 16: 128, 32: 64})))
train_dataloader = dict(batch_size=4, dataset=dict(size=32, num_frames=16, length=32))
train_cfg = dict(max_iters=490, val_interval=490)
optim_wrapper = dict(optimizer=dict(lr=0.0001, betas=(0.5, 0.999)))
default_hooks = dict(
    image_generator=dict(
        type="ImageGeneratorHook",
        path="work_dirs/mocogan_hd_stage1_synth_actors_32/generator.safetensors",
    )
)
