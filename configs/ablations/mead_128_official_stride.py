# One deviation of the released code: stride, which cycles through 1, 2, 3.
_base_ = "../ctsvg_mead_128.py"
model = dict(switches=dict(stride="official"))
# tools/train.py sets items_per_iteration to the batch of all processes together.
train_dataloader = dict(dataset=dict(stride="official", items_per_iteration=16))
