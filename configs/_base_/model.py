# The model of the paper. Size and numbers of labels come from the training's data set.
channels_g = {4: 256, 8: 512, 16: 512, 32: 1024, 64: 512, 128: 256, 256: 128}
channels_d = {4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128}

model = dict(
    type="CTSVG",
    preset="paper",
    generator=dict(
        type="ConditionalStyleVideoGenerator",
        channels=channels_g,
        motion_dim=128,
        content_dim=128,
    ),
    time_discriminator=dict(
        type="TimeConditionedProjectionDiscriminator", channels=channels_d, time_points=3
    ),
    shuffle_discriminator=dict(type="ShuffleDiscriminator", channels=channels_d),
    r1_gamma=10.0,
    r1_interval=16,
    path_weight=2.0,
    path_interval=4,
    ema_half_life=10_000,
    ramp=(4000, 6000),
    precision="fp32",
)
# The full path, because MMEngine looks wrappers up in its own registry alone.
model_wrapper_cfg = dict(type="mmctsvg.engine.data_parallel.GANDataParallel")
