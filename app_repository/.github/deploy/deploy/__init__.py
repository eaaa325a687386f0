"""The deployment process of one environment: `python3 -m deploy COMMAND`, with the standard library alone.

`commands/` has a file a command, `release/` what several of them do to a release, `clients/` one service a file. An
emergency rollback runs on any machine that has Python 3.11 and reaches Vercel: nothing is installed for it.
"""
