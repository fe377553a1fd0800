# Stages 2 and 3 of MoCoGAN-HD, in-domain, as released.
model = dict(
    type="MoCoGANHD",
    preset="paper",
    generator=dict(type="MoCoGANHDGenerator", images=dict(type="MMagicImageGenerator")),
    video_discriminator=dict(type="PatchVideoDiscriminator"),
    image_discriminator=dict(type="PatchImageDiscriminator"),
    time_reversal=0.5,
)
# The full path, because MMEngine looks wrappers up in its own registry alone.
model_wrapper_cfg = dict(type="mmctsvg.engine.data_parallel.GANDataParallel")
