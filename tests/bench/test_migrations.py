from bench.migrations import CASES, longest


def test_the_longest_stall_is_the_largest_latency_of_any_log_in_seconds() -> None:
    log = "0 199 2241 0 1175850568 995598 0\n1 2 1500000 0 1175850569 608 3\n"
    assert longest([log, "0 1 7 0 1 1 0\n", ""]) == 1.5
    assert longest([]) == 0


def test_every_case_can_be_taken_back_and_has_our_way() -> None:
    assert all(case.down and case.ours for case in CASES.values())
