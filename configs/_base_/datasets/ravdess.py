_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(type="RAVDESSDataset", annotations="data/ravdess/annotations.csv")
)
