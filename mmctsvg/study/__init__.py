"""The study with people: section 5.1 and figure 3 of the paper."""
