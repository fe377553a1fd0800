# What the parts of CTSVG are good for (table 3, sections 5.4 and 6), on real people at 64 x 64.
_base_ = "weizmann_64.py"
config = "../ctsvg_weizmann_64.py"
methods = dict(
    _delete_=True,
    time_points_1=dict(
        title="1 time point",
        configs=[config],
        options={"model.time_discriminator.time_points": 1},
    ),
    time_points_3=dict(title="3 time points", configs=[config]),
    no_time_discriminator=dict(
        title="without D_t", configs=[config], options={"model.time_discriminator": None}
    ),
    no_shuffle_discriminator=dict(
        title="without D_s", configs=[config], options={"model.shuffle_discriminator": None}
    ),
    no_ramp=dict(title="without ramp", configs=[config], options={"model.ramp": None}),
    k_16=dict(title="k = 16", configs=[config], options={"model.generator.motion_dim": 16}),
    k_128=dict(title="k = 128", configs=[config], options={"model.generator.motion_dim": 128}),
)
del config
table = "Table 3: UTD-MHAD, variants of D_t"
