# One deviation of the released code: ramp.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(ramp="official"))
