# The released code: every deviation at once.
_base_ = "../ctsvg_mead_128.py"
model = dict(preset="official")
