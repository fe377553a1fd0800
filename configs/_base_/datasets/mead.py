_base_ = "../schedule_120k.py"
train_dataloader = dict(dataset=dict(type="MEADDataset", annotations="data/mead/annotations.csv"))
