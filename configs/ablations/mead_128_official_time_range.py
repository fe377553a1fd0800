# One deviation of the released code: time_range, in the data and for the fakes.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(time_range="official"))
