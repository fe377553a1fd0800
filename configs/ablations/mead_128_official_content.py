# One deviation of the released code: content.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(content="official"))
