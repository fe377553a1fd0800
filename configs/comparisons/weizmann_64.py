# All methods on real people at 64 x 64, at one budget: docs/guides/compare_methods.md.
methods = dict(
    stylegan_v=dict(title="StyleGAN-V", configs=["../baselines/stylegan_v_weizmann_64.py"]),
    imaginator=dict(title="ImaGINator", configs=["../baselines/imaginator_weizmann_64.py"]),
    mocogan_hd=dict(
        title="MoCoGAN-HD",
        configs=[
            "../baselines/mocogan_hd_stage1_weizmann_64.py",
            "../baselines/mocogan_hd_weizmann_64.py",
        ],
    ),
    ctsvg=dict(title="CTSVG", configs=["../ctsvg_weizmann_64.py"]),
    ctsvg_uncond=dict(
        title="CTSVG unconditional",
        configs=["../ctsvg_weizmann_64.py"],
        options={"model.num_actors": 0, "model.num_actions": 0},
    ),
)
# The clips of all, the same for every seed.
data = dict(size=64, seed=0)
# "all": there are 27 clips, of which windows one behind the other are taken.
metrics = [
    dict(type="FVD", frames=16, clips=96, starts="all"),
    dict(type="ActionAccuracy", recognizer="work_dirs/posec3d_weizmann/posec3d_weizmann.pth"),
]
validation = dict(times=6, metrics=[dict(type="FVD", frames=16, clips=96, starts="all")])
table = "Table 2: UTD-MHAD"
