# What all trainings share: how they log, render videos, draw curves and save.
default_scope = "mmctsvg"
runner_type = "CTSVGRunner"

default_hooks = dict(
    runtime_info=dict(type="LazyRuntimeInfoHook"),
    timer=dict(type="IterTimerHook"),
    logger=dict(type="ProgressLoggerHook", interval=50),
    param_scheduler=dict(type="ParamSchedulerHook"),
    sampler_seed=None,  # the sampler counts; it has no epochs
    checkpoint=dict(type="AtomicCheckpointHook", interval=1000, max_keep_ckpts=2),
)
custom_hooks = [
    dict(type="VideoGridHook", interval=1000),
    dict(type="CurvesHook", interval=1000),
    dict(type="ExportHook", interval=1000),
]

# The hook that collects the scalars averages them between two log lines; here only times are.
log_processor = dict(by_epoch=False, window_size=50, mean_pattern=r"^(time|data_time)$")
log_level = "INFO"
visualizer = dict(
    type="Visualizer",
    vis_backends=[dict(type="LocalVisBackend"), dict(type="TensorboardVisBackend")],
)

env_cfg = dict(
    cudnn_benchmark=True,
    dist_cfg=dict(backend="nccl"),
)
randomness = dict(seed=0)
load_from = None
resume = False
