"""Studies of what a model has learned, measured on the videos that it makes."""
