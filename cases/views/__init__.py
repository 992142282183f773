"""The pages of people, one module for each thing done there."""
