"""Measures of videos: how real they look, how they move, and whom they show."""
