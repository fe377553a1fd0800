"""Measures of films: how real they look, how they move, and whom they show."""
