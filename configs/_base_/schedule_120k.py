# The training of the paper: 16 triplets an iteration, 120 000 iterations.
train_dataloader = dict(
    batch_size=16,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type="CounterSampler"),
    collate_fn=dict(type="default_collate"),
)
train_cfg = dict(type="ResumableIterBasedTrainLoop", max_iters=120_000)
optim_wrapper = dict(
    constructor="LazyAdamConstructor",
    optimizer=dict(type="Adam", lr=0.002, betas=(0.0, 0.99), fused=True),
)
