"""What can go wrong, as data. ``app/errors.py`` turns each class into a status, an exit code and words.

SpacecatError                   code, params, where
├ InputError                    what was sent is at fault
│ ├ SyntaxInvalidError          it does not parse
│ ├ IdentifierError             an identifier is missing, malformed or taken
│ ├ ParameterError              a parameter is unknown or out of range
│ └ QueryRefusedError           the query asks for what is never allowed here
├ NotFoundError                 there is nothing there, or nothing that this audience may see
├ GoneError                     it was withdrawn; a tombstone is left
├ ConflictError                 somebody else changed or holds it
├ DeniedError                   the act needs a right that the caller lacks
├ LimitExceededError            a limit of time, memory, size or count was reached
└ EngineError                   an engine beneath is at fault
  ├ EngineUnavailableError      it does not answer; the same call may work later
  └ EngineFailedError           it answered with an error of its own
"""

from __future__ import annotations


class SpacecatError(Exception):
    """Base of all errors of the catalogue.

    ``code`` names the message in ``app/translations`` (kebab-case, English), ``params`` fill it, and ``where`` is
    the place in the input: a line, a node, a parameter's name.
    """

    def __init__(self, code: str, *, where: str = "", **params: object) -> None:
        super().__init__(code, where, params)
        self.code = code
        self.where = where
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return self.code + (f" at {self.where}" if self.where else "") + (f" ({details})" if details else "")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.where, self.params)


def _rebuild(cls: type[SpacecatError], code: str, where: str, params: dict[str, object]) -> SpacecatError:
    return cls(code, where=where, **params)


class InputError(SpacecatError):
    """What was sent is at fault."""


class SyntaxInvalidError(InputError):
    """The document or query does not parse."""


class IdentifierError(InputError):
    """An identifier is missing, malformed, or belongs to something else."""


class ParameterError(InputError):
    """A parameter is unknown, malformed or out of range; ``where`` is its name."""


class QueryRefusedError(InputError):
    """The query asks for what is never allowed here, such as ``SERVICE`` to a host that is not listed."""


class NotFoundError(SpacecatError):
    """There is nothing there, or nothing that this audience may see."""


class GoneError(SpacecatError):
    """The record was withdrawn; ``params['graph']`` names it."""


class ConflictError(SpacecatError):
    """Somebody else changed or holds what the act needs."""


class DeniedError(SpacecatError):
    """The act needs a right that the caller lacks."""


class LimitExceededError(SpacecatError):
    """A limit was reached; ``params`` holds ``limit`` (its name) and ``value``."""


class EngineError(SpacecatError):
    """An engine beneath is at fault."""


class EngineUnavailableError(EngineError):
    """The engine does not answer; the same call may work later."""


class EngineFailedError(EngineError):
    """The engine answered with an error of its own."""
