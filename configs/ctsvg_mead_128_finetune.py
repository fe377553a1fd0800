# Continues from a checkpoint of the authors: the released code's training with a lower learning
# rate. For this, and for new actors, see docs/guides/official_checkpoints.md.
_base_ = "ctsvg_mead_128.py"
load_from = "work_dirs/mead_sz128_latent256_dyn128_117k.pth"
model = dict(preset="official", ramp=None)  # lambda is 1: the ramp is long done
train_cfg = dict(max_iters=10_000)
optim_wrapper = dict(optimizer=dict(lr=0.0005))
