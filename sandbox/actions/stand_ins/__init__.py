"""What runs in place of GitHub's own actions: the same inputs, outputs and effects, without the network.

Each has a folder `owner-name` with its action.yml, and a module that the action runs with the standard library alone.
"""
