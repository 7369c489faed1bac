"""The command line, set-up, the notebook server, the checks."""
