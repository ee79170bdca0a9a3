"""`outreach explain`: any rule on given input, with its source and its reasons. Needs no caseload."""

from __future__ import annotations

import sys
from typing import Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call

_MOST_BYTES = 4_000_000


@click.command(cls=LineCommand)
@click.argument("rule", required=False)
@click.option("--list", "list_rules", is_flag=True, help="List every rule with its source.")
@json_option
def explain(rule: str | None, list_rules: bool) -> None:
    """Run one RULE on the JSON object given on stdin, and say why it answers so.

    \b
    outreach explain --list
    echo '{"marks": "/ \\\\ N N"}' | outreach explain attendance

    The answer comes with the rule's source and the date from which it holds. Nothing is stored.
    """
    from casework.explain import RULES
    from casework.explain import rule as rule_named

    call = the_call()
    if list_rules:
        listed = [
            {"rule": r.name, "source": r.source, "valid_from": r.valid_from, "summary": r.summary}
            for r in RULES.values()
        ]
        call.show(
            listed,
            lambda: output.emit_table(
                ("RULE", "FROM", "WHAT IT SAYS", "SOURCE"),
                [(r["rule"], r["valid_from"], r["summary"], r["source"]) for r in listed],
                fancy=call.fancy,
            ),
        )
        return
    if rule is None:
        raise click.UsageError("Name a RULE, or give --list")
    chosen = rule_named(rule.replace("-", "_"))
    explained = chosen.run(_read_input())
    answer = {
        "rule": chosen.name,
        "source": chosen.source,
        "valid_from": chosen.valid_from,
        "result": explained.result,
        "reasons": explained.reasons,
    }

    def text() -> None:
        output.emit_pairs([("Rule", chosen.name), ("Source", chosen.source), ("From", chosen.valid_from)])
        output.emit_pairs([(name, _said(value)) for name, value in explained.result.items()])
        output.emit_lines(f"- {reason}" for reason in explained.reasons)

    call.show(answer, text)


def _said(value: Any) -> str:
    return output.to_json(value) if value is None or isinstance(value, bool | list | dict) else str(value)


def _read_input() -> object:
    import json

    from casework.errors import BadInput

    if sys.stdin.isatty():
        output.warn("Reading a JSON object from the keyboard; end with Ctrl-D (Windows: Ctrl-Z, Enter).")
    raw = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise BadInput("too-large", f"The input is larger than {_MOST_BYTES:,} bytes.", "stdin")
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadInput("not-text", "The input is not UTF-8 text; give a JSON object.", "stdin") from None
    except json.JSONDecodeError as error:
        where = f"stdin, line {error.lineno}, column {error.colno}"
        raise BadInput("not-json", f"The input is not JSON at {where}; correct it.", where) from None
    except RecursionError:
        raise BadInput("too-deep", "The input is nested too deeply for any rule.", "stdin") from None
