"""Measures of videos: how real they are, how they move, and which person they show."""
