"""How the crawl runs each command. A new command needs a line here, or the crawl fails with "no recipe".

A line is the words of one call with the purpose that the command asks `may_see` for. In braces stand ids by
word (`{here.child}`, `{here.notification}`); a line with a loop word is run for each of them: `{record}` for
every planted record, `{canary}` for every planted word, `{child}` for both children, `{role}` for every
agency. `{file}` is a register and `{backup}` a place to write to.
"""

from __future__ import annotations

from dataclasses import dataclass

from casework.policies import Purpose


@dataclass(frozen=True, slots=True)
class Recipe:
    """The words after the command, and what the command looks for."""

    words: str = ""
    purpose: Purpose = "support"


def _support(*lines: str) -> tuple[Recipe, ...]:
    return tuple(Recipe(line) for line in lines)


def _attendance(*lines: str) -> tuple[Recipe, ...]:
    return tuple(Recipe(line, "attendance") for line in lines)


def _safeguarding(*lines: str) -> tuple[Recipe, ...]:
    return tuple(Recipe(line, "safeguarding") for line in lines)


NEVER_READS_CHILDREN = {
    "demo": "builds a caseload of its own in another folder",
    "init": "makes a new caseload and refuses where one is",
    "passphrase change": "changes the key file alone",
    "passphrase escrow": "changes the key file alone",
    "passphrase keyring": "changes the key file alone",
    "passphrase recover": "changes the key file alone",
    "passphrase recovery-code": "changes the key file alone",
    "restore": "moves a file whose inside it does not read",
    "enrol": "gives this laptop its name at the central record",
    "sync": "sends and takes what the central record decides; tests/sync says what",
    "bundle read": "takes what the central record decides; tests/cli/test_bundle.py says what",
    "bundle write": "writes what only the central record can open",
    "hub acknowledge": "a central record is no caseload",
    "hub approve": "a central record is no caseload",
    "hub backup": "a central record is no caseload",
    "hub check": "a central record is no caseload",
    "hub code": "a central record is no caseload",
    "hub devices": "a central record is no caseload",
    "hub entitle": "a central record is no caseload",
    "hub init": "a central record is no caseload",
    "hub metrics": "a central record is no caseload",
    "hub release": "a central record is no caseload",
    "hub restore": "a central record is no caseload",
    "hub revoke": "a central record is no caseload",
    "hub serve": "a central record is no caseload",
}
"""Commands that are only asked for their help, and why."""

RECIPES: dict[str, tuple[Recipe, ...]] = {
    "school list": _support(""),
    "school contact": _support("999001", "999002 --spoc Jo --json"),
    "school calendar": _support("999001", "999002"),
    "school mapping": _support("999001", "999001 --remove"),
    "school add": _support("999003 Third"),
    "sync status": _support("", "--json"),
    "team list": _support(""),
    "worker list": _support(""),
    "worker add": _support("Newcomer --agency school --school 999001"),
    "today": _attendance(
        "--all",
        "--all --json",
        "--all --json --school 999001",
        "--all --school 999002",
        "--all --filter flag:youth",
    ),
    "sheet office": _attendance("", "--json"),
    "sheet visits": _attendance("", "--json"),
    "triage": _attendance(
        "", "--json", "--json --school 999002", "--filter code:Y5", "--filter no-contact:1d"
    ),
    "child": _support("{child} --json", "{child}", "{here.upn}", "{there.upn}", "{here.forename}"),
    "search": _support("{canary} --json", "oakhanger", "harbour --json"),
    "show": _support("{record} --json", "{here.child}", "{short}"),
    "history": _support("{record} --json", "{here.flag}", "{here.child} --field nhs_number"),
    "follow-up": _attendance(
        "{child} --outcome no-answer --json",
        "{child} --outcome no-answer",
        "{here.forename} --outcome spoke",
        "{child} --outcome told-social-worker --json",
    ),
    "contact add": _support("{child} --kind call --note hello --json", "{child} --kind call --note hello"),
    "contact list": _support("{child} --json", "{child}"),
    "contact show": _support("{record} --json", "{here.contact}"),
    "notify list": _support("--json", "", "{child} --json"),
    "notify show": _support(
        "{here.notification} --json", "{there.notification} --json", "{here.notification}"
    ),
    "notify add": _support(
        "{child} --from Somebody --school 999001 --received 2026-11-19 --concern x --json",
        "{child} --from Somebody --school 999001 --received 2026-11-19 --concern x",
    ),
    "notify need-information": _support("{here.notification} --reason more --json"),
    "notify information": _support("{here.notification} --level 3 --json"),
    "notify contacted": _support("{here.notification} --with Somebody --json"),
    "consent list": _support("{child} --json", "{child}"),
    "consent show": _support("{here.agreement} --json", "{here.agreement}", "{there.agreement}"),
    "consent check": _support("{child} --agency {role} --category family --purpose support --json"),
    "consent record": _support(
        "{child} --by Jo --relationship mother --responsibility yes --status refused --on 2026-11-19 --json",
    ),
    "consent settle": _support("{here.agreement} --nothing --json"),
    "consent withdraw": _support("{here.agreement} --reason changed --json"),
    "disclose": _safeguarding(
        "{child} --list --json",
        "{child} --list",
        "{child} --to voluntary --categories family --purpose support --reason x --decided-by J --not-shared",
    ),
    "flag list": _support("{child} --json", "{child}"),
    "flag add": _support(
        "{child} --kind eal --source x --json",
        "{child} --kind youth-justice --source x",
        "{child} --kind child-in-need --source x",
    ),
    "flag review": _support("{record} --next 2026-12-01", "{here.flag} --note x --json"),
    "flag end": _support("{record}", "{here.flag} --json"),
    "disagree list": _safeguarding("{child} --json", "{child}"),
    "disagree show": _safeguarding(
        "{here.disagreement} --json", "{here.disagreement}", "{there.disagreement}"
    ),
    "disagree add": _safeguarding("{child} --about x --with Jo --json"),
    "disagree answer": _safeguarding("{here.disagreement} --outcome x --json", "{there.disagreement}"),
    "disagree escalate": _safeguarding("{here.disagreement} --with Jo --json"),
    "import": _support("{file} --school 999001 --no-ask --dry-run --json", "{file} --school 999001 --no-ask"),
    "edit": _support(
        "{record} void=1",
        "{record} note=x",
        "{here.child} nhs_number=9434765919 --json",
        "{here.child} household=x",
        "{here.child} household={canary}",
    ),
    "undo": _support("--list", "--list --json", "", "--redo"),
    "log": _support("", "--json", "--child {child} --json"),
    "explain": _support("--list"),
    "verify": _support("--json", "--deep"),
    "doctor": _support("--json"),
    "backup": _support("{backup}"),
    "allocate": _support("{there.notification} --to Ana --json", "{here.notification} --to Ana --json"),
    "assess list": _support("{child} --json", "{child}"),
    "assess show": _support("{here.assessment} --json", "{here.assessment}", "{there.assessment}"),
    "assess add": _support("{child} --views x --json"),
    "assess set": _support("{here.assessment} --views x --json", "{there.assessment} --health x"),
    "assess score": _support("{child} --tool T --area A --score 3 --json"),
    "assess complete": _support("{here.assessment} --json", "{there.assessment}"),
    "plan list": _support("{child} --json", "{child}"),
    "plan show": _support("{child} --json", "{child}"),
    "plan print": _support("{child} --json", "{child}", "{child} --only story", "{child} --only plan"),
    "plan add": _support("{child} --json"),
    "plan outcome": _support("{here.plan} --text x --json", "{there.plan} --text x"),
    "plan action": _support(
        "{here.outcome} --text x --owner Jo --due 2026-12-01", "{there.outcome} --text x --owner Jo"
    ),
    "plan do": _support("{here.action} --status done --json", "{there.action} --status done"),
    "review": _support("{here.plan} --progress x --json", "{there.plan} --progress x"),
    "supervision": _support("", "--json", "--worker here --json"),
    "clocks": _support("--all --by family --json", "--all --by school", "--all --by due", ""),
    "clocks pause": _support(
        "{here.notification} --reason x --json", "{there.notification} --reason x --json"
    ),
    "clocks snooze": _support("{here.notification} --reason x --json", "{there.notification} --reason x"),
    "clocks wake": _support("{here.notification} --json", "{there.notification} --json"),
    "close": _support("{child} --join", "{child} --reason moved-area --json"),
    "duplicates": _support("", "--all --json", "{child} --all --json", "{child}"),
    "link": _support(
        "{here.child} {there.child} --as sibling --reason x --json",
        "{here.child} {there.child} --end --reason x",
        "{here.child} {there.child} --as different --reason x",
    ),
    "merge": _support(
        "{here.child} {there.child} --reason x --sure --dry-run --json",
        "{there.child} {here.child} --reason x --dry-run --take dob,nhs_number,household",
        "{here.child} {there.child} --reason x",
        "{here.child} {there.child} --reason x --sure",
    ),
    "split": _support("{there.child} --dry-run --json", "{here.child} --dry-run", "{here.child} --json"),
    "conflicts": _support("--json", ""),
    "resolve": _support(
        "{here.conflict} --text x --json", "{there.conflict} --keep yours", "{there.conflict} --text x"
    ),
    "lock": _support(""),
}
"""Every command's calls, in the order in which they run: what changes who works the case comes last."""
