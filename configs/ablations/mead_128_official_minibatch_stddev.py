# One deviation of the released code: minibatch_stddev.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(minibatch_stddev="official"))
