# 64 components, each with the sine and the cosine of one frequency.
_base_ = "synth_actors_32_product.py"
model = dict(generator=dict(trajectory="quadrature"))
