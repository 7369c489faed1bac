"""The command line, set-up, the notebook server."""
