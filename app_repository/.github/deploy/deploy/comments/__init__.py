"""Commands from comments: `@workflow:deploy` and the like, read, decided, started and answered."""
