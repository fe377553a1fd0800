_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(type="UTDMHADDataset", annotations="data/utd_mhad/annotations.csv", crop="center")
)
# What tools/test.py measures; the recogniser comes from tools/train_recognizer.py.
metrics = [dict(type="FVD", frames=16), dict(type="ActionAccuracy")]
