"""Models that travel: generators as ONNX and PyTorch programs, and a page that plays one."""
