# The same at 32 x 32, for CPUs.
_base_ = "ctsvg_weizmann_64.py"
train_dataloader = dict(dataset=dict(size=32))
