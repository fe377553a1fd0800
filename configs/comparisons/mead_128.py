# All methods on MEAD at 128 x 128, as in table 1, at one budget: docs/guides/compare_methods.md.
methods = dict(
    imaginator=dict(title="ImaGINator", configs=["../baselines/imaginator_mead_128.py"]),
    stylegan_v=dict(title="StyleGAN-V", configs=["../baselines/stylegan_v_mead_128.py"]),
    ctsvg_uncond=dict(title="CTSVG unconditional", configs=["../ctsvg_mead_128_uncond.py"]),
    ctsvg=dict(title="CTSVG", configs=["../ctsvg_mead_128.py"]),
)
data = dict(size=128, seed=0)
metrics = [
    dict(type="FVD", frames=16, preset="styleganv"),
    dict(type="FVD", frames=64, preset="styleganv"),
    dict(type="LiASync"),
    dict(type="FaceIdentity"),
]
validation = dict(times=10, metrics=[dict(type="FVD", frames=16)])
table = "Table 1: MEAD"
