"""The page that shows what happens in the sandbox while it happens, with buttons for what an operator would try."""
