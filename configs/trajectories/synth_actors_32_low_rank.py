# Two directions among 32 components, each with a size for all of 32 waves.
_base_ = "synth_actors_32_product.py"
model = dict(generator=dict(trajectory="low_rank", rank=2))
