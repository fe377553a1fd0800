# One deviation of the released code: ema.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(ema="official"))
