"""What an operator can do, as functions: used by the commands and by the demo."""
