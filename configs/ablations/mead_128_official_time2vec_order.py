# One deviation of the released code: time2vec_order.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(time2vec_order="official"))
