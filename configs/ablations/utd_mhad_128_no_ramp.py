# The action embedding from the first iteration on (section 6).
_base_ = "../ctsvg_utd_mhad_128.py"
model = dict(ramp=None)
