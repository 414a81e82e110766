"""The plugin in a pytest of its own."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import pytest
    import torch
    from torch import nn


    @pytest.fixture
    def lstm():
        return nn.LSTM(3, 4, bidirectional=True)


    def test_good(lstm):
        lstm(torch.zeros(5, 2, 3))


    def test_silent():
        nn.LSTM(3, 4, dropout=0.5)(torch.zeros(5, 2, 3))


    def test_refused(lstm):
        with pytest.raises(RuntimeError):
            lstm(torch.zeros(5, 2, 3), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)))


    @pytest.mark.no_lstmcheck
    def test_left_out(lstm):
        with pytest.raises(RuntimeError):
            lstm(torch.zeros(5, 2, 3), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)))


    def test_failing(lstm):
        lstm(torch.zeros(5, 2, 7))
"""


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    pytester.makepyfile(TESTS)
    return pytester.runpytest_subprocess("-p", "lstmcheck.integrations.pytest_plugin", *options)


@pytest.fixture(autouse=True)
def _only_this_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_without_the_option_nothing_is_checked(pytester: pytest.Pytester) -> None:
    result = run(pytester)
    result.assert_outcomes(passed=4, failed=1, warnings=1)
    assert "LSTM223" not in result.stdout.str()


@pytest.mark.parametrize("option", ["--lstmcheck", "--lstmcheck=warn"])
def test_findings_are_warnings(pytester: pytest.Pytester, option: str) -> None:
    result = run(pytester, option)
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"]) == (4, 1)
    result.stdout.fnmatch_lines(["*LSTMCheckWarning: LSTM108 *", "*LSTMCheckWarning: LSTM201 *"])


def test_findings_fail_the_test(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--lstmcheck=error")
    result.assert_outcomes(passed=2, failed=3, warnings=1)
    result.stdout.fnmatch_lines(
        ["*_ test_silent _*", "lstmcheck found mistakes in this test:", "LSTM108 *", "*_ test_refused _*", "LSTM201 *"]
    )


def test_a_failing_test_is_explained(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--lstmcheck=warn", "-k", "failing")
    result.stdout.fnmatch_lines(["E *lstmcheck: LSTM223 *", "*- lstmcheck -*", "LSTM223 *"])


def test_the_option_may_stand_in_the_configuration(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nlstmcheck = error\n")
    run(pytester).assert_outcomes(passed=2, failed=3, warnings=1)
    pytester.makeini("[pytest]\nlstmcheck = loud\n")
    result = run(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*lstmcheck = 'loud': expected warn or error*"])


def test_torch_is_left_to_the_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import sys\n\ndef test_nothing():\n    assert 'torch' not in sys.modules\n")
    result = pytester.runpytest_subprocess("-p", "lstmcheck.integrations.pytest_plugin", "--lstmcheck=error")
    result.assert_outcomes(passed=1)
