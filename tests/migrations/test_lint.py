"""What is found in a revision's SQL, what of it keeps `up` from applying it, and what a file may accept."""

from pathlib import Path

import pytest

from deploy.migrations import lint
from deploy.migrations.lint import Finding
from deploy.migrations.scripts import Scripts
from deploy.release.revisions import Revision
from tests.migrations.app import EXAMPLE, App

DROP = "ALTER TABLE posts DROP COLUMN views"
INDEX = "CREATE INDEX CONCURRENTLY posts_by ON posts (views)"


def write(folder: Path, *statements: str, kind: str = "expand", **literals: object) -> None:
    """A history of one revision that executes some statements."""
    if kind == "contract":
        literals["compatible_with"] = "base"
    facts = {"revision": "0001_x", "down_revision": None, "kind": kind, "reversible": False, **literals}
    lines = "".join(f"{name} = {value!r}\n" for name, value in facts.items())
    calls = "".join(f"    op.execute({statement!r})\n" for statement in statements)
    (folder / "0001_x.py").write_text(f'"""It does"""\n\nfrom alembic import op\n\n{lines}\n\ndef up():\n{calls}')


def findings(folder: Path, *statements: str, kind: str = "expand", **literals: object) -> list[Finding]:
    write(folder, *statements, kind=kind, **literals)
    scripts = Scripts(folder)
    return lint.findings(scripts, scripts.history[0])


def blocking(folder: Path, *statements: str, kind: str = "expand", **literals: object) -> list[str]:
    return [finding.rule for finding in findings(folder, *statements, kind=kind, **literals) if finding.blocking]


def test_the_example_apps_migrations_are_clean() -> None:
    scripts = Scripts(EXAMPLE)
    assert [finding for revision in scripts.history for finding in lint.findings(scripts, revision)] == []


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("ALTER TABLE posts ADD COLUMN a timestamptz DEFAULT clock_timestamp()", "adding-field-with-default"),
        ("ALTER TABLE posts ALTER COLUMN title SET NOT NULL", "adding-not-nullable-field"),
        ("ALTER TABLE posts ADD COLUMN a text NOT NULL", "adding-required-field"),
        ("ALTER TABLE posts ADD FOREIGN KEY (id) REFERENCES a (id)", "adding-foreign-key-constraint"),
        ("ALTER TABLE posts ADD CONSTRAINT c CHECK (views > 0)", "constraint-missing-not-valid"),
        ("ALTER TABLE posts ADD CONSTRAINT c UNIQUE (views)", "disallowed-unique-constraint"),
        ("ALTER TABLE posts ADD PRIMARY KEY (id)", "adding-serial-primary-key-field"),
        ("ALTER TABLE posts ALTER COLUMN views TYPE text", "changing-column-type"),
        ("ALTER TABLE posts RENAME COLUMN views TO seen", "renaming-column"),
        ("ALTER TABLE posts RENAME TO articles", "renaming-table"),
        ("CREATE INDEX i ON posts (views)", "require-concurrent-index-creation"),
        ("DROP INDEX i", "require-concurrent-index-deletion"),
        ("REINDEX TABLE posts", "require-concurrent-reindex"),
        ("ALTER TABLE posts DETACH PARTITION p", "require-concurrent-partition-detach"),
        (INDEX, "concurrently-in-transaction"),
        ("DROP INDEX CONCURRENTLY posts_by", "concurrently-in-transaction"),
        (DROP, "ban-drop-column"),
        ("DROP TABLE posts", "ban-drop-table"),
        ("DROP VIEW v", "ban-drop-view"),
        ("DROP TYPE t", "ban-drop-type"),
        ("ALTER TABLE posts ALTER COLUMN views DROP DEFAULT", "ban-drop-default"),
        ("TRUNCATE posts CASCADE", "ban-truncate-cascade"),
        ("ALTER TABLE posts SET SCHEMA other", "ban-set-schema"),
        ("SELEC 1", "syntax-error"),
    ],
)
def test_what_would_stall_or_break_an_application_is_blocking(tmp_path: Path, statement: str, rule: str) -> None:
    assert rule in blocking(tmp_path, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE posts ADD COLUMN a text",
        "ALTER TABLE posts ADD COLUMN a numeric(10, 2) DEFAULT 0",
        "ALTER TABLE posts ADD COLUMN a bigint NOT NULL DEFAULT 0",
        "ALTER TABLE posts ADD CONSTRAINT c CHECK (views > 0) NOT VALID",
        "ALTER TABLE posts VALIDATE CONSTRAINT c",
        "ALTER TABLE posts ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES a (id) NOT VALID",
        "CREATE TABLE authors (id bigint PRIMARY KEY, name text NOT NULL)",
        "ALTER TABLE posts ALTER COLUMN views SET DEFAULT 3",
        "COMMENT ON COLUMN posts.title IS 'do not DROP TABLE posts'",
        "INSERT INTO posts (title) VALUES ('x'); -- DROP TABLE posts",
    ],
)
def test_what_only_adds_is_not_blocking(tmp_path: Path, statement: str) -> None:
    assert blocking(tmp_path, statement) == []


def test_a_new_table_and_its_index_are_not_blocking(tmp_path: Path) -> None:
    assert blocking(tmp_path, "CREATE TABLE a (id bigint PRIMARY KEY)", "CREATE INDEX i ON a (id)") == []


def test_each_revision_is_looked_at_by_itself(tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE posts (id bigint PRIMARY KEY, views bigint)")
    first = (tmp_path / "0001_x.py").read_text()
    second = first.replace("0001_x", "0002_y").replace("down_revision = None", "down_revision = '0001_x'")
    (tmp_path / "0002_y.py").write_text(
        second.replace("CREATE TABLE posts (id bigint PRIMARY KEY, views bigint)", "CREATE INDEX i ON posts (views)")
    )
    scripts = Scripts(tmp_path)
    found = {finding.rule for finding in lint.findings(scripts, scripts.history[1])}
    assert "require-concurrent-index-creation" in found


@pytest.mark.parametrize(
    "statement",
    [
        DROP,
        "ALTER TABLE posts RENAME COLUMN views TO seen",
        "ALTER TABLE posts ALTER COLUMN views TYPE text",
        "DROP VIEW v",
        "TRUNCATE posts CASCADE",
    ],
)
def test_a_contract_may_take_something_away(tmp_path: Path, statement: str) -> None:
    assert findings(tmp_path, statement, kind="contract") == []


def test_a_contract_may_not_stall_anybody_either(tmp_path: Path) -> None:
    assert blocking(tmp_path, "CREATE INDEX i ON posts (views)", kind="contract") == [
        "require-concurrent-index-creation"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        f"DO $$ BEGIN {DROP}; END $$",
        "DO $x$ BEGIN IF true THEN DROP TABLE posts; END IF; END $x$",
        "TRUNCATE posts",
        "CREATE TABLE IF NOT EXISTS posts (id bigint); TRUNCATE posts",
        "DO LANGUAGE plpgsql $$ BEGIN DROP TABLE posts; END $$",
        "DO LANGUAGE 'plpgsql' $$ BEGIN DROP TABLE posts; END $$",
        "DO $$ BEGIN DROP TABLE posts; END $$ LANGUAGE plpgsql",
        "DO 'BEGIN DROP TABLE posts; END'",
        "DO LANGUAGE plpgsql E'BEGIN\\nDROP TABLE \"it''s\\'s\"; END'",
        "DO $$ BEGIN EXECUTE 'DROP TABLE posts'; END $$",
        "DROP OWNED BY somebody CASCADE",
    ],
)
def test_what_squawk_does_not_see_is_seen(tmp_path: Path, statement: str) -> None:
    assert blocking(tmp_path, statement) == ["takes-away"]
    assert blocking(tmp_path, statement, kind="contract") == []


def test_the_body_of_a_function_does_not_run_now(tmp_path: Path) -> None:
    function = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE posts; END $$"
    assert blocking(tmp_path, function) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM posts",
        "WITH gone AS (DELETE FROM ONLY posts RETURNING *) SELECT count(*) FROM gone",
        "MERGE INTO posts USING a ON a.id = posts.id WHEN MATCHED THEN DELETE",
    ],
)
def test_that_rows_are_deleted_without_a_restore_point_is_told(tmp_path: Path, statement: str) -> None:
    found = findings(tmp_path, statement)
    assert [(finding.rule, finding.blocking) for finding in found] == [("deletes-rows", False)]
    assert findings(tmp_path, statement, kind="contract") == []


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "end",
        "ABORT WORK",
        "BEGIN",
        "START TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "ROLLBACK",
        "PREPARE TRANSACTION 'x'",
        "SELECT 1; -- then\nCOMMIT AND CHAIN",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; COMMIT",
    ],
)
def test_what_begins_or_ends_a_transaction_is_refused_on_the_way_up_and_down(tmp_path: Path, statement: str) -> None:
    allow = {"transaction-control": "why"}
    assert blocking(tmp_path, statement, allow=allow, kind="contract") == ["transaction-control"]
    write(tmp_path, "SELECT 1")
    path = tmp_path / "0001_x.py"
    path.write_text(f"{path.read_text()}\n\ndef down():\n    op.execute({statement!r})\n")
    scripts = Scripts(tmp_path)
    (found,) = lint.findings(scripts, scripts.history[0])
    assert (found.rule, found.blocking, "in `down`" in found.message) == ("transaction-control", True, True)


@pytest.mark.parametrize(
    "statement",
    [
        "SAVEPOINT a; SELECT 1; ROLLBACK TO SAVEPOINT a; ROLLBACK WORK TO a; RELEASE a",
        "DO $$ BEGIN PERFORM 1; END $$",
        'SELECT \'x; COMMIT; \', "commit" FROM (VALUES (1)) AS a ("commit")',
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
        "CREATE PROCEDURE f() LANGUAGE sql BEGIN ATOMIC END",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM posts; COMMIT; END $$",
        "ALTER TABLE a ADD COLUMN posts_id bigint REFERENCES posts (id) ON DELETE CASCADE",
    ],
)
def test_what_leaves_the_transaction_open_is_let_through(tmp_path: Path, statement: str) -> None:
    assert not {"transaction-control", "deletes-rows"} & {finding.rule for finding in findings(tmp_path, statement)}


@pytest.mark.parametrize("statement", ["DO $$ BEGIN PERFORM 1; END $$", "DO LANGUAGE plpgsql 'BEGIN NULL; END'"])
def test_that_nobody_reads_a_do_block_is_told(tmp_path: Path, statement: str) -> None:
    found = findings(tmp_path, statement)
    assert [(finding.rule, finding.blocking) for finding in found] == [("do-block", False)]


def test_one_thing_is_found_once(tmp_path: Path) -> None:
    assert [finding.rule for finding in findings(tmp_path, DROP)] == ["ban-drop-column"]


def test_a_backfill_that_takes_something_away_is_none(tmp_path: Path) -> None:
    text = (
        '"""It does"""\n\nrevision = "0001_x"\ndown_revision = None\nkind = "backfill"\ntable = "posts"\nkey = "id"\n'
    )
    up = "DROP TABLE posts; UPDATE posts SET a = 1 WHERE id BETWEEN :first AND :last"
    (tmp_path / "0001_x.py").write_text(f"{text}up = {up!r}\n")
    scripts = Scripts(tmp_path)
    assert "ban-drop-table" in {finding.rule for finding in lint.findings(scripts, scripts.history[0])}


def test_a_backfills_parameters_are_no_syntax_error(tmp_path: Path) -> None:
    text = (
        '"""It does"""\n\nrevision = "0001_x"\ndown_revision = None\nkind = "backfill"\ntable = "posts"\nkey = "id"\n'
    )
    up = "UPDATE posts SET slug = title::text WHERE id BETWEEN :first AND :last"
    (tmp_path / "0001_x.py").write_text(f"{text}up = {up!r}\n")
    scripts = Scripts(tmp_path)
    assert lint.findings(scripts, scripts.history[0]) == []


# What a file accepts.


def test_a_finding_that_the_file_accepts_with_a_reason_is_left_out(tmp_path: Path) -> None:
    assert findings(tmp_path, DROP, allow={"ban-drop-column": "nobody reads it"}) == []


def test_accepting_one_finding_accepts_no_other(tmp_path: Path) -> None:
    allow = {"ban-drop-column": "nobody reads it"}
    assert blocking(tmp_path, DROP, "DROP TABLE posts", allow=allow) == ["ban-drop-table"]


def test_accepting_what_is_not_found_is_a_warning(tmp_path: Path) -> None:
    found = findings(tmp_path, "ALTER TABLE posts ADD COLUMN a text", allow={"ban-drop-column": "why"})
    assert [(finding.rule, finding.blocking) for finding in found] == [("unused-allow", False)]


def test_a_comment_silences_nothing(tmp_path: Path) -> None:
    assert blocking(tmp_path, f"-- squawk-ignore ban-drop-column\n{DROP}") == ["squawk-ignore", "takes-away"]


@pytest.mark.parametrize(
    ("statement", "kind", "rule"),
    [
        ("SELECT 1", "concurrent", "not-one-statement"),
        (INDEX, "expand", "concurrently-in-transaction"),
        ("-- squawk-ignore-file\nSELECT 1", "expand", "squawk-ignore"),
        ("SELEC 1", "expand", "syntax-error"),
    ],
)
def test_what_could_never_work_cannot_be_accepted(tmp_path: Path, statement: str, kind: str, rule: str) -> None:
    assert rule in blocking(tmp_path, statement, kind=kind, allow={rule: "why"})


def test_a_configuration_of_squawks_that_lies_about_silences_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".squawk.toml").write_text('excluded_rules = ["ban-drop-column"]\n')
    monkeypatch.chdir(tmp_path)
    assert "ban-drop-column" in blocking(tmp_path, DROP)


# Concurrent revisions, and what is not known without a database.


@pytest.mark.parametrize("statement", [INDEX, "DROP INDEX CONCURRENTLY posts_by"])
def test_a_concurrent_revision_is_one_such_statement(tmp_path: Path, statement: str) -> None:
    assert findings(tmp_path, statement, kind="concurrent") == []


@pytest.mark.parametrize("statements", [(INDEX, INDEX), (f"{INDEX}; SELECT 1",), ("SELECT 1",), ()])
def test_a_concurrent_revision_is_nothing_else(tmp_path: Path, statements: tuple[str, ...]) -> None:
    body = statements or ("",)
    assert "not-one-statement" in blocking(tmp_path, *body, kind="concurrent")


@pytest.mark.parametrize(("kind", "rule"), [("expand", ("not-rendered", False)), ("concurrent", ("not-one", True))])
def test_a_revision_that_asks_the_database_is_told_of(tmp_path: Path, kind: str, rule: tuple[str, bool]) -> None:
    write(tmp_path, "SELECT 1", kind=kind)
    path = tmp_path / "0001_x.py"
    path.write_text(path.read_text().replace("op.execute('SELECT 1')", "op.get_bind().execute('SELECT 1').scalar()"))
    scripts = Scripts(tmp_path)
    (found,) = lint.findings(scripts, scripts.history[0])
    assert (found.rule.removesuffix("-statement"), found.blocking) == rule


# What becomes of findings.


def test_up_refuses_a_blocking_finding_and_changes_nothing(app: App) -> None:
    app.write("0001_x", f"def up():\n    op.execute({DROP!r})\n", reversible=False)
    ended = app.migrate("up", "--json")
    assert ended.code == 1
    assert "0001_x: ban-drop-column: Dropping a column may break existing clients." in ended.document["message"]
    assert ended.document["state"] == "Nothing was changed."
    assert "views" in app.columns()
    assert (app.states(), app.version()) == ({}, [])


def test_up_names_every_blocking_finding_and_squawks_help(app: App) -> None:
    app.write("0001_x", f"def up():\n    op.execute({DROP!r})\n", reversible=False)
    index = "CREATE INDEX i ON posts (views)"
    app.write("0002_y", f"def up():\n    op.execute({index!r})\n", after="0001_x", reversible=False)
    message = app.migrate("up", "--json").document["message"]
    assert "0001_x: ban-drop-column" in message
    assert "0002_y: require-concurrent-index-creation" in message
    assert "Use `concurrently` to avoid blocking writes." in message


def test_up_goes_on_after_a_warning_and_tells_it(app: App) -> None:
    app.write(
        "0001_x",
        """
        def up():
            op.get_bind().execute(sa.text("ALTER TABLE posts ADD COLUMN slug text")).close()


        def down():
            op.drop_column("posts", "slug")
        """,
    )
    ended = app.succeed("up", "--json")
    assert "slug" in app.columns()
    (warning,) = ended.document["warnings"]
    assert warning.startswith("0001_x: not-rendered: it cannot be linted")


def test_what_is_applied_already_is_not_looked_at_again(app: App) -> None:
    app.add_column("0001_x", "slug")
    app.succeed("up")
    app.add_column("0002_y", "other", after="0001_x")
    looked_at: list[str] = []

    def look(_: Scripts, revision: Revision) -> list[Finding]:
        looked_at.append(revision.id)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lint, "findings", look)
        app.succeed("up")
    assert looked_at == ["0002_y"]
