"""Crops: the square that is cut out of a clip, in one place for the whole clip."""

from .body import body_crop
from .box import Box, center_crop
from .face import face_boxes, face_crop

CROPS = {"face": face_crop, "body": body_crop, "center": center_crop}
SAMPLES = 9  # frames, spread over a clip, from which the crop is found

__all__ = ["CROPS", "SAMPLES", "Box", "body_crop", "center_crop", "face_boxes", "face_crop"]
