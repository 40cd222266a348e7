"""Rules about how a revision is made: what fails, what does not go back, what is done by hand."""
