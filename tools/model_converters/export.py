"""Writes a generator as one ONNX file or PyTorch program."""

from mmctsvg.cli.main import run_verb

if __name__ == "__main__":
    run_verb("export")
