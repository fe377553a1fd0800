# D_t with three time points (table 3): the default, under the ablation's name.
_base_ = "../ctsvg_utd_mhad_128.py"
model = dict(time_discriminator=dict(time_points=3))
