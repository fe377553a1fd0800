# The released code: every deviation at once.
_base_ = "../ctsvg_mead_128.py"
model = dict(preset="official")
# tools/train.py sets items_per_iteration to the batch of all processes together.
train_dataloader = dict(dataset=dict(times="official", stride="official", items_per_iteration=16))
