# One deviation of the released code: path_length.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(path_length="official"))
