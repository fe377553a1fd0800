# ImaGINator as released, for 64 x 64 and 32 frames. Size and number of actions come from the data.
model = dict(
    type="ImaGINator",
    preset="paper",
    frames=32,
    generator=dict(type="ImaGINatorGenerator"),
    video_discriminator=dict(type="ImaGINatorVideoDiscriminator"),
    image_discriminator=dict(type="ImaGINatorImageDiscriminator"),
)
# The full path, because MMEngine looks wrappers up in its own registry alone.
model_wrapper_cfg = dict(type="mmctsvg.engine.data_parallel.GANDataParallel")
