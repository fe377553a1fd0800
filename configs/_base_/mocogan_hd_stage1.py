# Stage 1 of MoCoGAN-HD: MMagic's StyleGAN2 on single frames.
model = dict(
    type="StyleGAN2Images",
    generator=dict(type="MMagicImageGenerator"),
    discriminator=dict(type="MMagicImageDiscriminator"),
)
# The full path, because MMEngine looks wrappers up in its own registry alone.
model_wrapper_cfg = dict(type="mmctsvg.engine.data_parallel.GANDataParallel")
