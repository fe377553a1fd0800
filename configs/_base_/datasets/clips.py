_base_ = "../schedule_120k.py"
train_dataloader = dict(
    dataset=dict(type="TripletVideoDataset", annotations="data/mine/annotations.csv", crop="center")
)
# What tools/test.py measures on held-out clips.
metrics = [dict(type="FVD", frames=16)]
