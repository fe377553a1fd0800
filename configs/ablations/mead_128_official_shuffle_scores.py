# One deviation of the released code: shuffle_scores.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(shuffle_scores="official"))
