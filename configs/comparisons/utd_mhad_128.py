# The methods of table 2 on UTD-MHAD at 128 x 128, at one budget: docs/guides/compare_methods.md.
methods = dict(
    stylegan_v=dict(title="StyleGAN-V", configs=["../baselines/stylegan_v_utd_mhad_128.py"]),
    imaginator=dict(title="ImaGINator", configs=["../baselines/imaginator_utd_mhad_128.py"]),
    ctsvg=dict(title="CTSVG", configs=["../ctsvg_utd_mhad_128.py"]),
)
data = dict(size=128, seed=0)
metrics = [
    dict(type="FVD", frames=16),
    dict(
        type="ActionAccuracy",
        recognizer="work_dirs/posec3d_utd_mhad/posec3d_utd_mhad.pth",
        min_real_accuracy=75.0,
    ),
]
validation = dict(times=10, metrics=[dict(type="FVD", frames=16)])
table = "Table 2: UTD-MHAD"
