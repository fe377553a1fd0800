# Without D_t (table 3).
_base_ = "../ctsvg_utd_mhad_128.py"
model = dict(time_discriminator=None)
