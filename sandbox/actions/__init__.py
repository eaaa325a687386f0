"""GitHub Actions on this machine: takes the runs that the world records, and executes the delivered files with act.

    with actions_runner(state, environ=edge, folder=tmp_path, on_waiting=..., on_step=...) as runner:
        run = ...  # what a push, a comment, a pull request or a dispatch in the world records, or record_run
        result = runner.wait(run["id"])

`sandbox.actions.runner` has `actions_runner`. `result` (`sandbox.actions.result.RunResult`) has `conclusion`, `jobs` by
ID with their steps and outputs, `log` and `summary`. `on_waiting` gets a `moments.WaitingJob`, which can be approved or
rejected; `on_step` a `moments.StartingStep`, which can be killed. `runner.cancel` and `runner.kill` do so from outside.

act runs one job at a time; what GitHub does around jobs (needs, conditions, concurrency, environments with their
secrets, policies and reviewers, tokens, called workflows) is done here, and refused with a sentence where it is not.
"""
