"""The spans of StyleGAN-V's triplets, of real ones and of fakes."""

#: Frames from the first to the last one of a triplet.
SPANS = (2, 4, 8, 16, 32)
