# One deviation of the released code: fake_time_labels.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(fake_time_labels="official"))
