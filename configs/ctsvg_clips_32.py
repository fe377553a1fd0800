# The same at 32 x 32.
_base_ = "ctsvg_clips_64.py"
train_dataloader = dict(dataset=dict(size=32))
