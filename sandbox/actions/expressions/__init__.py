"""GitHub's expression language: https://docs.github.com/actions/reference/workflows-and-actions/expressions.

`syntax` reads an expression, `evaluation` computes it, `templates` finds expressions in a workflow's strings, and
`folding` replaces what is known of them.
"""
