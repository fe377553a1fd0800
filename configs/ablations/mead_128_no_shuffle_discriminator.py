# Without D_s (section 6: FVD 600).
_base_ = "../ctsvg_mead_128.py"
model = dict(shuffle_discriminator=None)
