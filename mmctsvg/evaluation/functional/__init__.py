"""Pure functions: distances, correlations, areas, intervals."""
