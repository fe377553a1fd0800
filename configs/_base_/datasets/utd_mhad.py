_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(type="UTDMHADDataset", annotations="data/utd_mhad/annotations.csv", crop="center")
)
