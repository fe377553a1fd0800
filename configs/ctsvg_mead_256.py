# MEAD at 256 x 256.
_base_ = "ctsvg_mead_128.py"
train_dataloader = dict(dataset=dict(size=256))
