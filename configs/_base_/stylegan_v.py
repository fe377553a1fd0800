# StyleGAN-V as released, without labels and adaptive augmentation. The size comes from the data.
channels = {4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64}

model = dict(
    type="StyleGANV",
    preset="paper",
    generator=dict(type="StyleGANVGenerator", channels=channels),
    discriminator=dict(type="StyleGANVDiscriminator", channels=channels),
    r1_scale=0.0002,
    r1_interval=16,
    ema_half_life=20_000,
    precision="fp32",
)
model_wrapper_cfg = dict(type="mmctsvg.engine.data_parallel.GANDataParallel")
