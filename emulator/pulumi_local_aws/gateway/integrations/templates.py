"""Renders mapping templates: the part of the Velocity Template Language that API Gateway's own examples use.

Supported are references, `#set`, `#if`/`#elseif`/`#else`/`#end`, comments, comparisons and `&&`, `||`, `!`.
Any other directive is an error that names it; it never appears in the output as text.
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
"""

import re

from pulumi_local_aws.gateway.integrations.template_scope import (
    UNDEFINED,
    Scope,
    TemplateError,
    as_text,
    member,
)

__all__ = ["Scope", "TemplateError", "render"]

_TEXT = re.compile(r"[^#$]+")
_DIRECTIVE = re.compile(r"#\{?(set|if|elseif|else|end|foreach|macro|include|parse|stop|break|evaluate)\b\}?")
_REFERENCE = re.compile(r"\$!?\{?([A-Za-z_]\w*)")
_TARGET = re.compile(r"\$([A-Za-z_]\w*(?:\.\w+)*)")
_STEP = re.compile(r"\.([A-Za-z_]\w*)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORD = re.compile(r"(true|false|null|not|and|or|eq|ne|lt|gt|le|ge)\b")
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>|&&|\|\||(?:and|or|eq|ne|lt|gt|le|ge)\b")
_SPACE = re.compile(r"\s*")
_NAMES = {"and": "&&", "or": "||", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">="}
_PRECEDENCE = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4}


def render(template: str, scope: Scope) -> str:
    """Return the template's output. Raises TemplateError."""
    rendering = _Rendering(template, scope)
    end_directive = rendering.block(active=True)
    if end_directive:
        raise TemplateError(f"#{end_directive} without #if")
    return "".join(rendering.output)


class _Rendering:
    """Reads the template once, from left to right; inactive branches are parsed without effect."""

    def __init__(self, source: str, scope: Scope) -> None:
        self._source = source
        self._scope = scope
        self._position = 0
        self.output: list[str] = []

    def block(self, *, active: bool) -> str:
        """Read to the end of the text or of this block. Return the directive that ended it, or ""."""
        while self._position < len(self._source):
            if plain := _TEXT.match(self._source, self._position):
                self._emit(plain.group(), active=active)
                self._position = plain.end()
            elif self._source.startswith("##", self._position):
                newline = self._source.find("\n", self._position)
                self._position = len(self._source) if newline < 0 else newline + 1
            elif directive := _DIRECTIVE.match(self._source, self._position):
                self._position = directive.end()
                name = directive.group(1)
                if name in ("elseif", "else", "end"):
                    return name
                self._directive(name, active=active)
            elif _REFERENCE.match(self._source, self._position):
                start = self._position
                value, quiet = self._reference(active=active)
                shown = self._source[start : self._position] if value is UNDEFINED and not quiet else value
                self._emit("" if value is UNDEFINED and quiet else as_text(shown), active=active)
            else:
                self._emit(self._source[self._position], active=active)
                self._position += 1
        return ""

    def _emit(self, text: str, *, active: bool) -> None:
        if active:
            self.output.append(text)

    def _directive(self, name: str, *, active: bool) -> None:
        if name == "set":
            self._expect("(")
            target = self._match(_TARGET, "a variable after #set(").group(1)
            self._expect("=")
            value = self._expression(active=active)
            self._expect(")")
            if active:
                self._scope.assign(target, value)
        elif name == "if":
            self._if(active=active)
        else:
            raise TemplateError(f"#{name} is unsupported")

    def _if(self, *, active: bool) -> None:
        is_taken = False
        directive = "elseif"
        while directive in ("elseif", "else"):
            holds = directive == "else" or self._condition(active=active and not is_taken)
            directive = self.block(active=active and holds and not is_taken)
            is_taken = is_taken or holds
        if directive != "end":
            raise TemplateError("#if without #end")

    def _condition(self, *, active: bool) -> bool:
        self._expect("(")
        value = self._expression(active=active)
        self._expect(")")
        return active and _is_true(value)

    def _expression(self, *, active: bool, above: int = 0) -> object:
        left = self._operand(active=active)
        while True:
            self._skip()
            found = _OPERATOR.match(self._source, self._position)
            operator = _NAMES.get(found.group(), found.group()) if found else ""
            if found is None or _PRECEDENCE[operator] <= above:
                return left
            self._position = found.end()
            right = self._expression(active=active, above=_PRECEDENCE[operator])
            left = _apply(operator, left, right) if active else None

    def _operand(self, *, active: bool) -> object:
        self._skip()
        character = self._source[self._position : self._position + 1]
        word = _WORD.match(self._source, self._position)
        if character == "!" or (word is not None and word.group() == "not"):
            self._position += 1 if word is None else 3
            return not _is_true(self._operand(active=active))
        if character == "(":
            self._position += 1
            value = self._expression(active=active)
            self._expect(")")
            return value
        if character in ("'", '"'):
            return self._string(character)
        if character == "$":
            value, _ = self._reference(active=active)
            return None if value is UNDEFINED else value
        if word is not None and word.group() in ("true", "false", "null"):
            self._position = word.end()
            return {"true": True, "false": False, "null": None}[word.group()]
        digits = self._match(_NUMBER, "a value").group()
        return float(digits) if "." in digits else int(digits)

    def _string(self, mark: str) -> str:
        end = self._source.find(mark, self._position + 1)
        if end < 0:
            raise TemplateError(f"a string has no closing {mark}")
        content = self._source[self._position + 1 : end]
        self._position = end + 1
        return render(content, self._scope) if mark == '"' else content

    def _reference(self, *, active: bool) -> tuple[object, bool]:
        """Return a reference's value (UNDEFINED for an undefined variable) and whether it is quiet (`$!`)."""
        start = self._match(_REFERENCE, "a reference")
        name, has_brace = start.group(1), "{" in start.group()
        value = self._scope.root(name)
        path = name
        while True:
            if step := _STEP.match(self._source, self._position):
                self._position = step.end()
                if self._source.startswith("(", self._position):
                    arguments = self._arguments(active=active)
                    value = self._scope.call(path, step.group(1), arguments) if active else None
                elif value is not UNDEFINED:
                    value = member(value, step.group(1))
                path = f"{path}.{step.group(1)}"
            elif self._source.startswith("[", self._position) and value is not UNDEFINED:
                self._position += 1
                index = self._expression(active=active)
                self._expect("]")
                value = member(value, index if isinstance(index, int) else str(index))
                path = f"{path}[]"
            else:
                break
        if has_brace:
            self._expect("}")
        return value, "!" in start.group()

    def _arguments(self, *, active: bool) -> list[object]:
        self._expect("(")
        self._skip()
        found: list[object] = []
        while not self._source.startswith(")", self._position):
            found.append(self._expression(active=active))
            self._skip()
            if self._source.startswith(",", self._position):
                self._position += 1
        self._expect(")")
        return found

    def _skip(self) -> None:
        space = _SPACE.match(self._source, self._position)
        self._position = space.end() if space else self._position

    def _expect(self, mark: str) -> None:
        self._skip()
        if not self._source.startswith(mark, self._position):
            raise TemplateError(
                f"expected {mark!r} at {self._source[self._position : self._position + 20]!r}"
            )
        self._position += len(mark)

    def _match(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        self._skip()
        found = pattern.match(self._source, self._position)
        if found is None:
            raise TemplateError(f"expected {what} at {self._source[self._position : self._position + 20]!r}")
        self._position = found.end()
        return found


def _is_true(value: object) -> bool:
    """Return whether a value is true in Velocity 1: only null and false are false; `""` and 0 are true."""
    return value is not None and value is not False


def _apply(operator: str, left: object, right: object) -> object:
    if operator == "&&":
        return _is_true(left) and _is_true(right)
    if operator == "||":
        return _is_true(left) or _is_true(right)
    if operator in ("==", "!="):
        return (left == right) is (operator == "==")
    if isinstance(left, int | float) and isinstance(right, int | float):
        return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]
    raise TemplateError(f"{operator} compares numbers only")
