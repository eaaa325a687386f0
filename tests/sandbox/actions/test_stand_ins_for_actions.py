import pytest

from tests.sandbox.actions.conftest import FLOW, Forge


def steps(*lines: str, after: str = "") -> str:
    body = "\n".join(f"      - {line}" for line in lines)
    return f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{body}\n{after}"


CHECKOUT = "uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7"


@pytest.mark.parametrize(
    ("options", "check"),
    [
        (
            "",
            'test -f src/a.txt && test "$(git rev-parse HEAD)" = "$GITHUB_SHA" && test -z "$(git status --porcelain)"',
        ),
        ("", 'test "$(git symbolic-ref HEAD)" = refs/heads/main && test "$(git log --oneline | wc -l)" = 1'),
        ("", "git config --get-regexp 'http.*extraheader' | grep -q 'basic '"),
        ("persist-credentials: false", "if git config --get-regexp 'http.*extraheader'; then exit 1; fi"),
        ("sparse-checkout: deploy", "test -f deploy/tool.txt && test ! -e src"),
        ('sparse-checkout: "deploy\\nnone"', "test -f deploy/tool.txt && test ! -e src && test ! -e none"),
        ('sparse-checkout: "deploy\\nsrc"', "test -f deploy/tool.txt && test -f src/a.txt && test ! -e .github"),
        ("fetch-depth: 0", 'test "$(git log --oneline | wc -l)" -gt 1 && git rev-parse origin/develop'),
        ("ref: develop", "git symbolic-ref HEAD | grep -q develop && test ! -e .github"),
        ("path: inside", "test -f inside/src/a.txt && test ! -e src"),
    ],
)
def test_checkout_brings_the_commit_as_git_has_it(forge: Forge, options: str, check: str) -> None:
    result = forge.run(
        steps('run: test -z "$(ls -A)"', f"{{{CHECKOUT.partition(' #')[0]}, with: {{{options}}}}}", f"run: {check}")
    )
    assert result.conclusion == "success", result.log


@pytest.mark.parametrize(("depth", "commits"), [(1, 1), (2, 2), (3, 3), (50, 4)])
def test_checkout_brings_as_many_generations_as_it_is_asked_for(forge: Forge, depth: int, commits: int) -> None:
    for number in (1, 2):
        forge.commit({"src/a.txt": f"{number}\n"})
    checkout = f"{{uses: actions/checkout@v7, with: {{fetch-depth: {depth}}}}}"
    check = f'test "$(git log --oneline | wc -l)" = {commits} && git fsck --no-dangling'
    previous = "run: test $(git show HEAD^1:src/a.txt) = 2"
    result = forge.run(steps(checkout, f"run: {check}", *([previous] if depth > 1 else [])))
    assert result.conclusion == "success", result.log


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("repository: acme/other", "The sandbox has no repository acme/other to check out"),
        ("ref: none", "A branch or tag with the name 'none' could not be found"),
        ("path: ../out", "is not under"),
        ("fetch-depth: few", "is no number of commits"),
        ("lfs: true", "does not know `lfs: true`"),
        ("clean: maybe", 'does not meet YAML 1.2 "Core Schema" specification: clean: maybe'),
    ],
)
def test_checkout_refuses_what_it_does_not_do(forge: Forge, options: str, reason: str) -> None:
    result = forge.run(steps(f"{{uses: actions/checkout@v7, with: {{{options}}}}}", "run: exit 0"))
    assert (result.conclusion, reason in result.log) == ("failure", True), result.log
    assert [step.conclusion for step in result.jobs["a"].steps] == ["failure", "skipped"]


@pytest.mark.parametrize(
    ("version", "fine"),
    [("24.x", True), ("20", True), ("^22.1.0", True), ("lts/*", True), (">=20 <25", True), ("twenty", False)],
)
def test_setup_node_checks_the_version_and_says_which_one_there_is(forge: Forge, version: str, *, fine: bool) -> None:
    result = forge.run(
        steps(
            f"{{id: n, uses: actions/setup-node@v7, with: {{node-version: '{version}'}}}}",
            "run: test '${{ steps.n.outputs.node-version }}' = \"$(node --version)\"",
        )
    )
    assert (result.conclusion == "success") is fine, result.log
    assert (f"Asked for Node.js {version}" in result.log) is fine


@pytest.mark.parametrize(
    ("option", "asked"),
    [
        ("go-version: '1.26'", "1.26"),
        ("go-version: stable", "stable"),
        ("go-version-file: tools/go.mod", "1.26"),
        ("go-version-file: tools/newer/go.mod", "1.26.3"),
        ("go-version: latest", None),
        ("go-version-file: go.mod", None),
    ],
)
def test_setup_go_checks_the_version_and_says_which_one_there_is(forge: Forge, option: str, asked: str | None) -> None:
    forge.commit(
        {
            "tools/go.mod": "module a/tools\n\ngo 1.26\n",
            "tools/newer/go.mod": "module a/newer\n\ngo 1.26\n\ntoolchain go1.26.3\n",
        }
    )
    result = forge.run(
        steps(
            "uses: actions/checkout@v7",
            f"{{id: g, uses: actions/setup-go@v7, with: {{{option}}}}}",
            'run: go version | grep -q "go${{ steps.g.outputs.go-version }} "',
        )
    )
    assert (result.conclusion == "success") is (asked is not None), result.log
    assert (f"Asked for Go {asked}: this machine's" in result.log) is (asked is not None)


CACHED = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    outputs: {hit: "${{ steps.c.outputs.cache-hit }}", matched: "${{ steps.c.outputs.cache-matched-key }}"}
    steps:
      - id: c
        uses: actions/cache@v6
        with: {path: "kept\\n~/.kept", key: "KEY", restore-keys: "k-1\\nk-"}
      - {if: steps.c.outputs.cache-hit != 'true', run: "mkdir -p kept ~/.kept; echo KEY > kept/a; echo KEY > ~/.kept/b"}
      - run: cmp kept/a ~/.kept/b && FINALLY
"""


def test_a_cache_is_found_by_its_key_then_by_the_newest_prefix_and_saved_only_after_success(forge: Forge) -> None:
    runner = forge.runner()

    def cached(key: str, branch: str = "main", finally_: str = "true") -> tuple[str, str]:
        result = forge.run(CACHED.replace("KEY", key).replace("FINALLY", finally_), runner=runner, branch=branch)
        assert result.conclusion == ("success" if finally_ == "true" else "failure"), result.log
        return result.outputs["a"]["hit"], result.outputs["a"]["matched"]

    assert cached("k-1a", finally_="false") == ("", "")
    assert cached("k-1a") == ("", "")
    assert cached("k-1a") == ("true", "k-1a")
    assert cached("k-2b") == ("false", "k-1a")
    assert cached("k-3") == ("false", "k-1a")
    assert cached("x") == ("false", "k-1a")
    # Another branch sees the default branch's caches; what it saves is its own.
    assert cached("k-4", branch="develop") == ("false", "k-1a")
    assert cached("k-4", branch="develop") == ("true", "k-4")
    assert cached("k-4") == ("false", "k-1a")


UPLOAD = """
  down:
    runs-on: ubuntu-latest
    needs: a
    steps:
      - {uses: actions/download-artifact@v8, with: {DOWN}}
      - run: |
          find . -type f -printf '%P %m\\n' | sort > $RUNNER_TEMP/found
          test -z "$(find . -type l)"
          diff $RUNNER_TEMP/found <(printf "EXPECTED")
"""
FILES = (
    "run: mkdir -p out/sub out/.hid .v; echo 1 > out/a; echo 2 > out/sub/b; echo 3 > out/.hid/c; echo 4 > .v/d; "
    "chmod +x out/a; ln -s ../a out/sub/link; ln -s sub out/dir"
)


@pytest.mark.parametrize(
    ("up", "down", "expected"),
    [
        ("path: out/sub", "name: artifact", "b 644\\nlink 644\\n"),
        ("name: n, path: out/sub/b", "name: n", "b 644\\n"),
        ("name: n, path: out/*/b", "name: n, path: x", "x/dir/b 644\\nx/sub/b 644\\n"),
        ('name: n, path: "out/sub\\n!out/sub/link"', "name: n", "b 644\\n"),
        ('name: n, path: "out/a\\nout/sub/b"', "name: n", "a 644\\nsub/b 644\\n"),
        ("name: n, path: .v, include-hidden-files: true", "path: all", "all/n/d 644\\n"),
        ("name: n, path: out/.hid, include-hidden-files: true", "pattern: 'n*', merge-multiple: true", "c 644\\n"),
        ("name: n, path: out/a", "pattern: 'm*'", ""),
    ],
)
def test_an_artifact_holds_what_the_paths_name_with_links_followed(
    forge: Forge, up: str, down: str, expected: str
) -> None:
    after = UPLOAD.replace("DOWN", down).replace("EXPECTED", expected)
    result = forge.run(steps(FILES, f"{{uses: actions/upload-artifact@v7, with: {{{up}}}}}", after=after))
    assert result.conclusion == "success", result.log


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["{uses: actions/upload-artifact@v7, with: {path: none, if-no-files-found: error}}"], "No files were found"),
        (["{uses: actions/upload-artifact@v7, with: {path: .v, if-no-files-found: error}}"], "No files were found"),
        (["{uses: actions/upload-artifact@v7, with: {path: out, name: 'a/b'}}"], "The artifact name is not valid"),
        (["{uses: actions/upload-artifact@v7, with: {path: out}}"] * 2, "(409) Conflict"),
        (["{uses: actions/download-artifact@v8, with: {name: none}}"], "Artifact not found for name: none"),
        (["{uses: actions/download-artifact@v8, with: {run-id: 5}}"], "of its own run by their names only"),
    ],
)
def test_an_artifact_that_cannot_be_is_a_failure(forge: Forge, lines: list[str], reason: str) -> None:
    result = forge.run(steps(FILES, *lines))
    assert (result.conclusion, reason in result.log) == ("failure", True), result.log


def test_an_artifact_may_be_overwritten_or_be_nothing_with_a_warning(forge: Forge) -> None:
    up = "{uses: actions/upload-artifact@v7, with: {name: n, path: FILE, overwrite: true}}"
    after = UPLOAD.replace("DOWN", "name: n").replace("EXPECTED", "b 644\\n")
    lines = [FILES, *(up.replace("FILE", file) for file in ("out/a", "out/sub/b", "none"))]
    result = forge.run(steps(*lines, after=after))
    assert result.conclusion == "success", result.log
    assert "##[warning]No files were found with the provided path: none" in result.log


def test_the_repositorys_own_actions_run_with_what_they_use(forge: Forge) -> None:
    action = """
name: Own
inputs: {word: {default: none}}
outputs: {said: {value: "${{ steps.s.outputs.said }}"}}
runs:
  using: composite
  steps:
    - {uses: actions/setup-node@v7}
    - {id: s, shell: bash, run: 'echo "said=${{ inputs.word }}" >> $GITHUB_OUTPUT'}
"""
    workflow = steps(
        "uses: actions/checkout@v7",
        "{id: own, uses: ./.github/own, with: {word: hello}}",
        "run: test '${{ steps.own.outputs.said }}' = hello",
    )
    result = forge.run(workflow, {".github/own/action.yml": action})
    assert result.conclusion == "success", result.log
    forge.commit({".github/own/action.yml": action.replace("actions/setup-node@v7", "acme/x@v1"), FLOW: workflow})
    refused = forge.run(workflow, {".github/own/action.yml": action.replace("actions/setup-node@v7", "acme/x@v1")})
    assert "Nothing stands in for the action acme/x@v1" in refused.message
