_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(type="SynthActorsDataset"), num_workers=0, persistent_workers=False
)
# What tools/test.py measures.
metrics = [dict(type="SynthTruth")]
# What the training measures, beside the clips that were kept back: the same data set's.
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    dataset=dict(split="test"),
    sampler=dict(type="DefaultSampler", shuffle=False),
)
val_evaluator = metrics
val_cfg = dict(type="VideoValLoop")
