"""Metrics of films, registered with MMEngine."""
