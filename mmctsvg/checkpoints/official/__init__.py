"""The authors' checkpoints: read safely, checked, and converted into ours."""
