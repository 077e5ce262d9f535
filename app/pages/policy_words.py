"""Says in plain words what an ODRL policy allows, forbids and asks for (ODRL Information Model 2.2 §2.6, §2.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal as OneOf

from babel.dates import format_timedelta
from pyoxigraph import Literal, NamedNode

from app.i18n import N_, Words
from ontology.description import Description, Node, Term
from ontology.namespaces import ODRL

ACTIONS: dict[str, str] = {
    "use": N_("use it"),
    "read": N_("read it"),
    "display": N_("display it"),
    "present": N_("present it in public"),
    "play": N_("play it"),
    "print": N_("print it"),
    "stream": N_("stream it"),
    "index": N_("index it"),
    "reproduce": N_("make copies of it"),
    "archive": N_("archive it"),
    "install": N_("install it"),
    "execute": N_("run it"),
    "move": N_("move it"),
    "delete": N_("delete it"),
    "uninstall": N_("uninstall it"),
    "modify": N_("change it"),
    "derive": N_("make new works from it"),
    "transform": N_("convert it to other formats"),
    "translate": N_("translate it"),
    "aggregate": N_("combine it with other data"),
    "annotate": N_("annotate it"),
    "anonymize": N_("anonymise it"),
    "extract": N_("extract parts of it"),
    "digitize": N_("digitise it"),
    "concurrentUse": N_("use it in several places at once"),
    "distribute": N_("pass it on to others"),
    "give": N_("give it away"),
    "lend": N_("lend it"),
    "lease": N_("lease it"),
    "sell": N_("sell it"),
    "transfer": N_("transfer it to a new owner"),
    "grantUse": N_("grant others the use of it"),
    "commercialize": N_("use it commercially"),
    "textToSpeech": N_("have it read aloud"),
    "synchronize": N_("synchronise it"),
    "share": N_("share it"),
    "attribute": N_("name the provider"),
    "acceptTracking": N_("accept that the use is tracked"),
    "attachPolicy": N_("keep these terms attached to the data"),
    "attachSource": N_("attach the source"),
    "compensate": N_("pay for it"),
    "pay": N_("pay for it"),
    "inform": N_("inform the provider"),
    "obtainConsent": N_("obtain consent"),
    "ensureExclusivity": N_("ensure exclusive use"),
    "include": N_("include the notices that belong to it"),
    "nextPolicy": N_("apply the given terms to those who come after"),
    "reviewPolicy": N_("have these terms reviewed"),
    "secondaryUse": N_("use it for other purposes"),
    "preview": N_("preview it"),
    "ignore": N_("ignore it"),
}
"""What somebody does, after “may”, “must” or “must not”."""

OPERANDS: dict[str, str] = {
    "purpose": N_("purpose"),
    "dateTime": N_("date"),
    "delayPeriod": N_("waiting time"),
    "elapsedTime": N_("time of use"),
    "meteredTime": N_("metered time"),
    "timeInterval": N_("interval"),
    "count": N_("number of uses"),
    "unitOfCount": N_("unit of count"),
    "spatial": N_("place"),
    "absoluteSpatialPosition": N_("position"),
    "virtualLocation": N_("network address"),
    "systemDevice": N_("device"),
    "deliveryChannel": N_("way of delivery"),
    "recipient": N_("recipient"),
    "industry": N_("industry"),
    "language": N_("language"),
    "fileFormat": N_("file format"),
    "media": N_("medium"),
    "payAmount": N_("amount to pay"),
    "percentage": N_("share"),
    "absoluteSize": N_("size"),
    "resolution": N_("resolution"),
    "event": N_("event"),
    "product": N_("product"),
    "version": N_("version"),
    "informedParty": N_("informed party"),
    "compensatedParty": N_("paid party"),
    "role": N_("role"),
}

OPERATORS: dict[str, str] = {
    "eq": N_("%(what)s: %(value)s"),
    "neq": N_("%(what)s other than %(value)s"),
    "gt": N_("%(what)s more than %(value)s"),
    "gteq": N_("%(what)s at least %(value)s"),
    "lt": N_("%(what)s less than %(value)s"),
    "lteq": N_("%(what)s at most %(value)s"),
    "isA": N_("%(what)s of the kind %(value)s"),
    "hasPart": N_("%(what)s with %(value)s in it"),
    "isPartOf": N_("%(what)s within %(value)s"),
    "isAllOf": N_("%(what)s: all of %(value)s"),
    "isAnyOf": N_("%(what)s: %(value)s"),
    "isNoneOf": N_("%(what)s: none of %(value)s"),
}

_DATE_OPERATORS = {
    "lt": N_("before %(value)s"),
    "lteq": N_("until %(value)s"),
    "gt": N_("after %(value)s"),
    "gteq": N_("from %(value)s"),
    "eq": N_("on %(value)s"),
}
_LOGICAL = {
    "and": N_("all of these: %(parts)s"),
    "andSequence": N_("one after the other: %(parts)s"),
    "or": N_("one of these or more: %(parts)s"),
    "xone": N_("exactly one of these: %(parts)s"),
}
_DURATIONS: dict[str, tuple[int, OneOf["day", "week", "month", "year"]]] = {
    "D": (1, "day"),
    "W": (7, "week"),
    "M": (30, "month"),
    "Y": (365, "year"),
}
_MOST_RULES = 30
_DEPTH = 6
"""How deep rules nest before the rest is left to the machine-readable form; also what a cycle ends at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in words. ``effect`` is ``permission``, ``prohibition`` or ``obligation``.

    ``conditions`` must all hold for it to apply; ``duties`` are what must be done in return, or, of a prohibition,
    to mend a breach.
    """

    effect: str
    sentence: str
    conditions: tuple[str, ...] = ()
    duties: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What one policy says. ``iri`` is empty for a policy without a name; ``inherits`` names policies it builds on.

    ``left_out`` counts rules that are not put into words, because there are too many.
    """

    iri: str
    kind: str
    rules: tuple[Rule, ...]
    inherits: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    left_out: int = 0


class PolicyWords:
    """Turns policies into words for one reader. ``name`` gives the name of an IRI in the reader's language."""

    def __init__(self, description: Description, words: Words, name: Callable[[str], str]) -> None:
        self._about = description
        self._words = words
        self._name = name

    def terms(self, policy: Node) -> Terms:
        """Say what one policy permits, prohibits and obliges to, in this order."""
        rules = [
            self._rule(effect, node, 0)
            for effect in ("permission", "prohibition", "obligation")
            for node in self._about.nodes(policy, ODRL + effect)
        ]
        kinds = [kind.removeprefix(ODRL) for kind in self._about.types(policy) if kind.startswith(ODRL)]
        return Terms(
            iri=policy.value if isinstance(policy, NamedNode) else "",
            kind=kinds[0] if kinds else "Policy",
            rules=tuple(rules[:_MOST_RULES]),
            left_out=max(0, len(rules) - _MOST_RULES),
            inherits=tuple(self._about.iris(policy, ODRL + "inheritFrom")),
            notes=self._about.texts(policy, "dct:description", "rdfs:comment"),
        )

    def _rule(self, effect: str, node: Node, depth: int) -> Rule:
        conditions = [self._constraint(part, depth) for part in self._about.nodes(node, "odrl:constraint")]
        sentence = self._sentence(effect, node, conditions, depth)
        duties: list[Rule] = []
        if depth < _DEPTH:
            for prop in ("odrl:duty", "odrl:remedy", "odrl:consequence"):
                duties += [self._rule("obligation", duty, depth + 1) for duty in self._about.nodes(node, prop)]
        return Rule(effect, sentence, tuple(filter(None, conditions)), tuple(duties))

    def _sentence(self, effect: str, node: Node, conditions: list[str], depth: int) -> str:
        actions = [self._action(action, conditions, depth) for action in self._about.values(node, "odrl:action")]
        what = self._words.listing(actions) or self._words.gettext("use it")
        who = [self._name(iri) for iri in self._about.iris(node, "odrl:assignee")]
        if effect == "prohibition":
            sentence = self._words.gettext("You must not %(what)s.", what=what)
        elif effect == "obligation":
            sentence = self._words.gettext("You must %(what)s.", what=what)
        else:
            sentence = self._words.gettext("You may %(what)s.", what=what)
        if who:
            conditions.append(self._words.gettext("for %(who)s only", who=self._words.listing(who)))
        return sentence

    def _action(self, action: Term, conditions: list[str], depth: int) -> str:
        """An action may be refined: then it is a node with ``rdf:value``, and the refinements are conditions."""
        iri = action.value
        if not isinstance(action, Literal) and action in self._about:
            iri = self._about.find(action, "rdf:value") or iri
            conditions += [self._constraint(part, depth) for part in self._about.nodes(action, "odrl:refinement")]
        return self._known(ACTIONS, iri)

    def _known(self, messages: dict[str, str], iri: str) -> str:
        message = messages.get(iri.removeprefix(ODRL)) if iri.startswith(ODRL) else None
        return self._words.gettext(message) if message else self._name(iri)

    def _constraint(self, node: Node, depth: int) -> str:
        if depth >= _DEPTH:
            return self._words.gettext("further conditions in the machine-readable terms")
        for name, message in _LOGICAL.items():
            parts = self._about.nodes(node, ODRL + name)
            if parts:
                said = [self._constraint(part, depth + 1) for part in self._members(parts)]
                return self._words.gettext(message, parts="；".join(said) if self._chinese else "; ".join(said))
        return self._comparison(node)

    @property
    def _chinese(self) -> bool:
        return self._words.language == "zh"

    def _members(self, nodes: list[Node]) -> list[Node]:
        """Unroll an RDF list where the parts of a logical constraint come as one."""
        members: list[Node] = []
        for node in nodes:
            seen = set()
            while self._about.values(node, "rdf:first") and node not in seen:
                seen.add(node)
                members += self._about.nodes(node, "rdf:first")
                rest = self._about.nodes(node, "rdf:rest")
                node = rest[0] if rest else node
            if not seen:
                members.append(node)
        return members

    def _comparison(self, node: Node) -> str:
        left = self._about.find(node, "odrl:leftOperand") or ""
        operator = (self._about.find(node, "odrl:operator") or ODRL + "eq").removeprefix(ODRL)
        values = self._about.values(node, "odrl:rightOperand") or self._about.values(node, "odrl:rightOperandReference")
        unit = self._about.find(node, "odrl:unit")
        said = self._listed(values, operator) + (f" {self._name(unit)}" if unit else "")
        what = self._known(OPERANDS, left)
        dates = all(_as_date(value) for value in values)
        if left in (ODRL + "dateTime", "") and values and dates and operator in _DATE_OPERATORS:
            return self._words.gettext(_DATE_OPERATORS[operator], value=said)
        message = OPERATORS.get(operator)
        if message is None:
            return f"{what} {self._name(operator)} {said}"
        return self._words.gettext(message, what=what, value=said)

    def _listed(self, values: Iterable[Term], operator: str) -> str:
        said = [self._value(value) for value in values]
        if operator == "isAnyOf" and len(said) > 1:
            return self._words.gettext("%(first)s or %(last)s", first=", ".join(said[:-1]), last=said[-1])
        return self._words.listing(said)

    def _value(self, value: Term) -> str:
        if isinstance(value, NamedNode):
            return self._name(value.value)
        day = _as_date(value)
        if day:
            return self._words.date(day)
        if isinstance(value, Literal) and value.datatype.value.endswith("#duration"):
            return _duration(value.value, self._words)
        return value.value


def _as_date(value: Term) -> date | None:
    if not isinstance(value, Literal) or not value.datatype.value.endswith(("#date", "#dateTime")):
        return None
    try:
        return date.fromisoformat(value.value[:10])
    except ValueError:
        return None


def _duration(text: str, words: Words) -> str:
    """Write a duration of one unit (``P30D``, ``P1Y``) in words; anything else as it stands."""
    number, unit = text[1:-1], _DURATIONS.get(text[-1:])
    if unit is None or not text.startswith("P") or not number.isdigit() or len(number) > 4:
        return text
    days, granularity = unit
    span = timedelta(days=days * int(number))
    return format_timedelta(span, granularity=granularity, threshold=10_000, locale=words.language)
