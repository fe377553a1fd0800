# One deviation of the released code: stride, which cycles through 1, 2, 3.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(stride="official"))
