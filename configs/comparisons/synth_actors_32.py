# All methods on the drawn actors at 32 x 32, at one budget: docs/guides/compare_methods.md.
methods = dict(
    ctsvg=dict(title="CTSVG", configs=["../ctsvg_synth_actors_32.py"]),
    stylegan_v=dict(title="StyleGAN-V", configs=["../baselines/stylegan_v_synth_actors_32.py"]),
    imaginator=dict(title="ImaGINator", configs=["../baselines/imaginator_synth_actors_32.py"]),
    mocogan_hd=dict(
        title="MoCoGAN-HD",
        configs=[
            "../baselines/mocogan_hd_stage1_synth_actors_32.py",
            "../baselines/mocogan_hd_synth_actors_32.py",
        ],
    ),
    # As wide as the others, where the first is the project's own, narrower and tuned config.
    ctsvg_wide=dict(
        title="CTSVG, as wide as the others",
        configs=["../ablations/synth_actors_32_wide.py"],
    ),
    ctsvg_uncond=dict(
        title="CTSVG unconditional",
        configs=["../ctsvg_synth_actors_32.py"],
        options={"model.num_actors": 0, "model.num_actions": 0},
    ),
)
# The clips of all: trained on, compared with, the same for every seed.
data = dict(size=32, length=32, seed=0)
metrics = [dict(type="FVD", frames=16, clips=64, starts="random"), dict(type="SynthTruth")]
# During the training, for FVD over compute; fewer clips, so larger numbers.
validation = dict(times=2, metrics=[dict(type="FVD", frames=16, clips=32, starts="random")])
