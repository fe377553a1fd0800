# The same, narrow enough for two CPU cores, with the image generator of small_mocogan_hd_stage1.py.
channels = {4: 128, 8: 128, 16: 128, 32: 128, 64: 64}
model = dict(
    type="MoCoGANHD",
    preset="paper",
    generator=dict(
        type="MoCoGANHDGenerator",
        images=dict(type="StyleImageGenerator", channels=channels, noise=False),
        hidden=96,
        directions=96,
    ),
    video_discriminator=dict(type="PatchVideoDiscriminator", base=16),
    image_discriminator=dict(type="PatchImageDiscriminator", base=16),
    time_reversal=0.5,
    samples=20_000,
    precision="auto",
)
# The full path, because MMEngine looks wrappers up in its own registry alone.
model_wrapper_cfg = dict(type="mmctsvg.engine.data_parallel.GANDataParallel")
