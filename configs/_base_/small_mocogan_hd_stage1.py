# Stage 1 of MoCoGAN-HD, narrow enough for two CPU cores: the project's own synthesis network.
channels = {4: 128, 8: 128, 16: 128, 32: 128, 64: 64}
model = dict(
    type="StyleGAN2Images",
    generator=dict(type="StyleImageGenerator", channels=channels, noise=False),
    discriminator=dict(type="StyleImageDiscriminator", channels=channels),
    ema_half_life=2000,
    precision="auto",
)
# The full path, because MMEngine looks wrappers up in its own registry alone.
model_wrapper_cfg = dict(type="mmctsvg.engine.data_parallel.GANDataParallel")
