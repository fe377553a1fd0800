# D_t with one time point (table 3).
_base_ = "../ctsvg_utd_mhad_128.py"
model = dict(time_discriminator=dict(time_points=1))
