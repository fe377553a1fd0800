# 64 waves (section 5.4).
_base_ = "../ctsvg_mead_128.py"
model = dict(generator=dict(motion_dim=64))
