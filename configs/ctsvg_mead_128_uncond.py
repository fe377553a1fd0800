# MEAD without labels: CTSVG (UC) of the paper.
_base_ = "ctsvg_mead_128.py"
model = dict(num_actors=0, num_actions=0)
