# One deviation of the released code: shuffle.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(shuffle="official"))
