# One deviation of the released code: r1.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(r1="official"))
