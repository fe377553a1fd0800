"""Small helpers without knowledge of models or data. Import them from their own modules."""
