"""Text to train on: our own generator, installed documentation, and logs made by running tools."""
