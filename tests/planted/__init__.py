"""Made-up sellers with a planted incident, or with nothing to find, whose truth is known to the order."""
