# StyleGAN-V on MEAD at 128 x 128, the size of CTSVG in the paper.
_base_ = "stylegan_v_mead_256.py"
train_dataloader = dict(dataset=dict(size=128))
