import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.comments.catalogue import CATALOGUE, PREFIX
from deploy.comments.parsing import LONGEST_REASON, Command, RefusedError, parse
from deploy.errors import WRONG_USAGE
from tests.deploy.comments.hostile import TEXTS, UNSEEN

NOT_SEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
HOST = "ai-tools-abc123-acme.vercel.app"
ODD = st.sampled_from(
    [*TEXTS.values(), *UNSEEN.values(), PREFIX, f"\n{PREFIX}deploy", "\n```\n", "\n~~~\n", "\r\n", "standard", "hotfix"]
)
WORDS = st.sampled_from(
    [
        "production",
        "staging",
        "Staging",
        "previous",
        "dpl_abc",
        "DPL_abc",
        HOST,
        f"https://{HOST}/",
        "https://x.org",
        "-",
    ]
)
PIECES = st.lists(st.one_of(st.text(), ODD, WORDS, st.just(" ")), max_size=6).map("".join)
NAMES = st.sampled_from([*CATALOGUE, "Deploy", "ROLLBACK", "deplyo", ""])
COMMANDS = st.tuples(st.just(PREFIX), NAMES, st.sampled_from([" ", ""]), PIECES).map("".join)
ANYTHING = st.one_of(st.text(), PIECES, COMMANDS)


def production(name: str, **more: str) -> Command:
    return Command(name=name, environment="production", **more)


def outcome_of(comment: str) -> Command | RefusedError | None:
    try:
        return parse(comment)
    except RefusedError as error:
        return error


def refusal_of(comment: str) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        parse(comment)
    return caught.value


@given(comment=ANYTHING)
def test_any_text_is_a_command_or_none_or_refused_with_what_to_write(comment: str) -> None:
    outcome = outcome_of(comment)
    if isinstance(outcome, RefusedError):
        assert outcome.exit_code == WRONG_USAGE
        assert len(outcome.following) > 10
        assert len(str(outcome)) < 1000
    else:
        assert outcome is None or outcome.name in CATALOGUE


@given(comment=COMMANDS)
def test_a_command_is_read_again_from_how_it_is_written(comment: str) -> None:
    command = outcome_of(comment)
    assert command is not None
    if isinstance(command, Command):
        assert parse(command.text) == command
        assert len(command.text.splitlines()) == 1


@given(comment=ANYTHING)
def test_a_text_that_does_not_begin_with_the_prefix_is_no_command(comment: str) -> None:
    if not comment.lower().startswith(PREFIX):
        assert parse(comment) is None


@given(comment=COMMANDS)
def test_nothing_that_is_not_seen_is_part_of_a_command(comment: str) -> None:
    command = outcome_of(comment)
    if isinstance(command, Command):
        assert not {unicodedata.category(sign) for sign in command.text} & NOT_SEEN


@given(
    command=st.sampled_from([entry.usage for entry in CATALOGUE.values()]),
    before=st.sampled_from(["> ", ">", "    ", "\t", "```\n", "~~~\n", " ", "\n", "- ", "`", "\u200b", "Please "]),
)
def test_what_is_quoted_or_code_or_in_a_sentence_does_nothing(command: str, before: str) -> None:
    assert parse(f"{before}{command}\n```") is None


@pytest.mark.parametrize(
    ("comment", "command"),
    [
        ("deploy", production("deploy", kind="standard")),
        (" deploy", production("deploy", kind="standard")),
        ("DEPLOY", production("deploy", kind="standard")),
        ("deploy  the\tnew  page ", production("deploy", kind="standard", reason="the new page")),
        ("deploy standard", production("deploy", kind="standard")),
        ("deploy standard staging is fine", production("deploy", kind="standard", reason="staging is fine")),
        ("deploy Hotfix checkout fails", production("deploy", kind="hotfix", reason="checkout fails")),
        ("deploy hotfixes the page", production("deploy", kind="standard", reason="hotfixes the page")),
        ("preview", Command(name="preview", environment="staging")),
        ("rollback slow", production("rollback", target="previous", reason="slow")),
        ("rollback Previous slow", production("rollback", target="previous", reason="slow")),
        ("rollback dpl_Abc1 slow", production("rollback", target="dpl_Abc1", reason="slow")),
        (f"rollback https://{HOST}/ slow", production("rollback", target=HOST, reason="slow")),
        (f"rollback {HOST} slow", production("rollback", target=HOST, reason="slow")),
        ("rollback previously it was fast", production("rollback", target="previous", reason="previously it was fast")),
        ("status", Command(name="status")),
        ("lock an audit", production("lock", reason="an audit")),
        ("lock STAGING an audit", Command(name="lock", environment="staging", reason="an audit")),
        ("lock production staging is broken", production("lock", reason="staging is broken")),
        ("unlock", production("unlock")),
        ("unlock Staging", Command(name="unlock", environment="staging")),
        ("help me", Command(name="help")),
        ("deploy\nThanks!", production("deploy", kind="standard")),
        ("deploy\r\n\r\n> @workflow:rollback slow", production("deploy", kind="standard")),
        ("deploy\n```\n@workflow:rollback slow\n```", production("deploy", kind="standard")),
        ("deploy\n~~~~\n~~~\n@workflow:rollback slow", production("deploy", kind="standard")),
        ("deploy\n    @workflow:rollback slow", production("deploy", kind="standard")),
        ("dep\u200bloy", production("deploy", kind="standard")),
        (f"lock {'x' * LONGEST_REASON}", production("lock", reason="x" * LONGEST_REASON)),
    ],
)
def test_a_command_means_what_it_says(comment: str, command: Command) -> None:
    assert parse(f"@workflow:{comment}") == command
    assert parse(f"@Workflow:{comment}") == command


@pytest.mark.parametrize(
    ("comment", "what", "following"),
    [
        ("", "no command after the colon", "`@workflow:help` lists them"),
        ("deplyo", "no command 'deplyo'", "`@workflow:deploy [standard|hotfix] [reason…]`"),
        ("rolback x", "no command 'rolback'", "`@workflow:rollback [target] reason…`"),
        ("deploy\n@workflow:status", "several commands", "one command a comment"),
        ("deploy\n```\n```\n@Workflow:status", "several commands", "one command a comment"),
        ("deploy\n``` `x`\n@workflow:status", "several commands", "one command a comment"),
        ("deploy staging", "about production, not staging", "@workflow:preview"),
        ("deploy Staging now", "about production, not staging", "@workflow:preview"),
        ("deploy hotfix", "needs a reason", "`@workflow:deploy [standard|hotfix] [reason…]`"),
        ("deploy hotfix \u200b\u202e", "needs a reason", "`@workflow:deploy [standard|hotfix] [reason…]`"),
        ("rollback", "needs a reason", "`@workflow:rollback [target] reason…`"),
        ("rollback previous", "needs a reason", "`@workflow:rollback [target] reason…`"),
        ("rollback dpl_Abc1", "needs a reason", "`@workflow:rollback [target] reason…`"),
        ("rollback staging slow", "about production, not staging", "Push a fix to develop"),
        ("rollback DPL_Abc1 slow", "no deployment's ID", "dpl_…"),
        ("rollback dpl_$(id) slow", "no deployment's ID", "dpl_…"),
        ("rollback dpl-abc slow", "no deployment's ID", "dpl_…"),
        ("rollback https://evil.example slow", "no deployment's ID", ".vercel.app"),
        ("rollback http://x.vercel.app slow", "no deployment's ID", ".vercel.app"),
        ("rollback HTTPS://x.vercel.app slow", "no deployment's ID", ".vercel.app"),
        ("rollback https://-x-.vercel.app slow", "no deployment's ID", ".vercel.app"),
        ("rollback https://x.vercel.app@evil.example slow", "no deployment's ID", ".vercel.app"),
        ("rollback https://x.vercel.app/../y slow", "no deployment's ID", ".vercel.app"),
        ("preview now", "takes nothing more", "`@workflow:preview`"),
        ("status production", "takes nothing more", "`@workflow:status`"),
        ("lock", "needs a reason", "`@workflow:lock [environment] reason…`"),
        ("lock staging", "needs a reason", "`@workflow:lock [environment] reason…`"),
        ("unlock everything", "no environment 'everything'", "production or staging"),
        (f"deploy {'x' * (LONGEST_REASON + 1)}", "501 characters", "500"),
        (f"rollback {'x ' * 30_000}", "characters", "500"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write(comment: str, what: str, following: str) -> None:
    error = refusal_of(f"@workflow:{comment}")
    assert what in error.what
    assert following in error.following


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ["deploy", "deploy hotfix", "rollback", "lock"])
def test_a_reason_is_taken_as_it_is(name: str, text: str) -> None:
    command = parse(f"{PREFIX}{name} {text}")
    assert command is not None
    assert command.reason == " ".join(text.replace("\u200d", "").split())


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
def test_what_is_not_seen_is_left_out_of_a_reason(text: str) -> None:
    command = parse(f"{PREFIX}lock {text}")
    assert command is not None
    assert command.reason.replace(" ", "").replace("[31m", "").isalpha()


@pytest.mark.parametrize("text", [*TEXTS.values(), *UNSEEN.values()], ids=[*TEXTS, *UNSEEN])
@pytest.mark.parametrize("name", ["", "preview ", "status ", "unlock "])
def test_a_hostile_text_is_no_command_and_its_refusal_is_one_line(name: str, text: str) -> None:
    error = refusal_of(f"{PREFIX}{name}{text}")
    assert len(error.what.splitlines()) == 1
    assert len(error.what) < 700


def test_a_huge_comment_is_read_at_once() -> None:
    assert parse("x" * 10_000_000) is None
    fences = "```\n" * 200_000
    assert parse(f"{PREFIX}status\n{fences}") == Command(name="status")
    assert "no command" in refusal_of(PREFIX + "deploy" * 1_000_000).what


@pytest.mark.parametrize("words", ["staging", "to staging", "to the Staging please", "on staging it broke"])
@pytest.mark.parametrize("name", ["deploy", "rollback"])
def test_another_environment_is_not_taken_for_a_reason_to_move_production(name: str, words: str) -> None:
    with pytest.raises(RefusedError, match="is about production, not staging"):
        parse(f"{PREFIX}{name} {words}")


def test_a_reason_may_speak_of_another_environment() -> None:
    command = parse(f"{PREFIX}deploy standard staging was fine")
    assert command is not None
    assert command.reason == "staging was fine"


@pytest.mark.parametrize(
    ("comment", "target"),
    [
        ("rollback to dpl_1 it broke", "dpl_1"),
        ("rollback production dpl_1 it broke", "dpl_1"),
        ("rollback ai-tools-x.vercel.app: it broke", "ai-tools-x.vercel.app"),
    ],
)
def test_a_target_is_seen_where_people_write_it(comment: str, target: str) -> None:
    command = parse(f"{PREFIX}{comment}")
    assert command is not None
    assert (command.target, command.reason) == (target, "it broke")


@pytest.mark.parametrize("comment", ["rollback it broke, go to dpl_1", "rollback please ai-tools-x.vercel.app"])
def test_a_target_in_the_middle_of_a_reason_is_not_passed_over(comment: str) -> None:
    with pytest.raises(RefusedError, match="no target before it"):
        parse(f"{PREFIX}{comment}")


@pytest.mark.parametrize("words", ["staging.", "develop", "preview", "standard staging", "to develop!"])
def test_a_deploy_to_anything_but_production_is_refused(words: str) -> None:
    with pytest.raises(RefusedError, match="is about production, not"):
        parse(f"{PREFIX}deploy {words}")


@pytest.mark.parametrize("words", ["staging: the database moves", "to staging the database moves"])
def test_a_lock_is_of_the_environment_that_is_named(words: str) -> None:
    command = parse(f"{PREFIX}lock {words}")
    assert command is not None
    assert (command.environment, command.reason) == ("staging", "the database moves")
