"""What an app's own code may do in its revisions without the command's answer becoming a wrong one."""

import json

import pytest

from tests.migrations.app import App

PASS = "def down():\n    pass\n"
EXIT = {
    "while it is imported": f"exit(0)\n\n\ndef up():\n    pass\n\n\n{PASS}",
    "in its up": f"def up():\n    exit(0)\n\n\n{PASS}",
    "in its check": f"def up():\n    pass\n\n\n{PASS}\n\ndef validate_after(connection):\n    raise SystemExit\n",
}


@pytest.mark.parametrize("where", EXIT)
def test_a_revision_that_exits_is_not_taken_for_one_that_is_done(app: App, where: str) -> None:
    app.write("0001_x", EXIT[where])
    ended = app.migrate("up", "--json")
    assert ended.code in (1, 2), str(ended)
    assert "SystemExit" in ended.document["message"]
    assert app.version() == []
    assert set(app.states().values()) <= {"failed"}


def test_a_way_down_that_exits_is_said_and_leaves_the_revision_in_effect(app: App) -> None:
    app.write(
        "0001_x", 'def up():\n    op.add_column("posts", sa.Column("slug", sa.Text))\n\n\ndef down():\n    exit()\n'
    )
    app.succeed("up")
    ended = app.migrate("down", "--to=base", "--json")
    assert ended.code == 1
    assert "exit" in ended.document["message"].lower()
    assert app.states() == {"0001_x": "applied"}


def test_measuring_a_revision_that_exits_is_no_success(app: App) -> None:
    app.write("0001_x", EXIT["in its up"])
    ended = app.migrate("plan", "--measure-locks", "--json")
    assert (ended.code, "which called exit(0)" in ended.document["message"]) == (1, True), str(ended)


def test_what_a_revision_prints_goes_to_the_log_and_not_into_the_document(app: App) -> None:
    app.write("0001_x", f"print('imported')\n\n\ndef up():\n    print('applied')\n\n\n{PASS}")
    out, err = app.start("up", "--json").communicate(timeout=60)
    assert json.loads(out)["applied"] == ["0001_x"]
    assert "imported\n" in err
    assert "applied\n" in err


def test_the_ledger_keeps_no_password_of_an_error_that_has_one(app: App) -> None:
    app.write("0001_x", f"def up():\n    op.execute(\"SELECT '{app.environ['DATABASE_URL']}'::int\")\n\n\n{PASS}")
    assert app.migrate("up").code == 1
    ((error,),) = app.execute("SELECT error FROM deploy_migrations")
    assert app.server.password not in error
    assert 'invalid input syntax for type integer: "***"' in error
