"""Where to cut a square out of a clip: one box that stays in place for the whole clip."""

from .body import body_crop
from .box import Box, center_crop
from .face import face_boxes, face_crop

__all__ = ["Box", "body_crop", "center_crop", "face_boxes", "face_crop"]
