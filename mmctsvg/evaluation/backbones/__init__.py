"""Pretrained networks behind the metrics."""
