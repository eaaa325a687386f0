"""The rehearsal: an app's month of deploys, played on this machine with the delivered workflows."""
