# One deviation of the released code: layer_noise.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(layer_noise="official"))
