# Goes on from a checkpoint of the authors (docs/checkpoints.md): the released code's training with
# a lower learning rate. For new actors, see there too.
_base_ = "ctsvg_mead_128.py"
load_from = "work_dirs/mead_sz128_latent256_dyn128_117k.pth"
model = dict(preset="official", ramp=None)  # lambda is 1: the ramp is long done
# tools/train.py sets items_per_iteration to the batch of all processes together.
train_dataloader = dict(dataset=dict(times="official", stride="official", items_per_iteration=16))
train_cfg = dict(max_iters=10_000)
optim_wrapper = dict(optimizer=dict(lr=0.0005))
