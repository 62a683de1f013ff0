"""A rough outline of a C++ file: its functions, how long and how deep they are.

Not a parser. It knows comments, strings and braces, and takes a brace in a
namespace or a class whose head has a parameter list for a function. That is
enough for code that clang-format has laid out.
"""

import bisect
import re
from dataclasses import dataclass

RAW = re.compile(r'R"([^()\\ ]{0,16})\(')
CONTROL = re.compile(r"^(?:(?:case\b[^;{}]*|default\s*|\w+\s*):(?!:)\s*)*"
                     r"(?:\}?\s*else\s+)?(?:if|for|while|switch|catch)\b")
WORD_BLOCK = re.compile(r"\b(?:else|do|try)\s*$")
LAMBDA = re.compile(r"\[[^\[\]{}]*\]\s*(?:<[^{}]*>)?\s*(?:\([^{}]*\))?\s*"
                    r"(?:mutable|noexcept|constexpr|->[^{}();]*|\s)*$")
TYPE = re.compile(r"\b(?:class|struct|union|enum)\b")
DERIVED = re.compile(r"(?:template\s*<[^{}]*>\s*)?(?:class|struct|union|enum)\b[^()]*[^:]:[^:]")
NAMESPACE = re.compile(r"\bnamespace\b|\bextern\s+$")


@dataclass
class Function:
    name: str
    line: int
    lines: int
    nesting: int


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def split_code(text):
    """Returns (code, comments), both as long as `text`: what belongs to the
    other, and the inside of every literal, is blanked."""
    code, comments, i = [], [], 0
    while i < len(text):
        end, kind = token_end(text, i)
        piece = text[i:end]
        if kind == "comment":
            code.append(blank(piece))
            comments.append(piece)
        elif kind == "literal":
            code.append(piece[0] + blank(piece[1:-1]) + piece[-1] if len(piece) > 1 else piece)
            comments.append(blank(piece))
        else:
            code.append(piece)
            comments.append(blank(piece))
        i = end
    return "".join(code), "".join(comments)


def token_end(text, i):
    if text.startswith("//", i):
        end = text.find("\n", i)
        return (len(text) if end < 0 else end), "comment"
    if text.startswith("/*", i):
        end = text.find("*/", i + 2)
        return (len(text) if end < 0 else end + 2), "comment"
    raw = RAW.match(text, i)
    if raw and not (i and (text[i - 1].isalnum() or text[i - 1] == "_")):
        end = text.find(f'){raw[1]}"', raw.end())
        return (len(text) if end < 0 else end + len(raw[1]) + 2), "literal"
    if text[i] == '"' or (text[i] == "'" and not (i and text[i - 1].isalnum())):
        return quoted_end(text, i), "literal"
    return i + 1, "code"


def quoted_end(text, i):
    quote, j = text[i], i + 1
    while j < len(text) and text[j] not in (quote, "\n"):
        j += 2 if text[j] == "\\" else 1
    return min(j + 1, len(text))


def without_directives(code):
    """Blanks preprocessor lines, continued ones too."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: blank(m[0]), code)


def matching_brace(code, i):
    depth = 0
    for j in range(i, len(code)):
        depth += {"{": 1, "}": -1}.get(code[j], 0)
        if depth == 0:
            return j
    return len(code)


def name_of(head):
    test = re.match(r"\s*(?:TYPED_)?TEST(?:_[FP])?\s*\(\s*(\w+)\s*,\s*(\w+)", head)
    if test:
        return f"{test[1]}.{test[2]}"
    found = re.search(r"([\w:~]*operator\s*(?:\(\s*\)|[^\s\w(]+|\w+)|[\w:~]+)\s*\(", head)
    return found[1].strip() if found else "?"


class Outline:
    def __init__(self, text):
        code, self.comments = split_code(text)
        self.code = without_directives(code)
        self.starts = [0] + [m.end() for m in re.finditer("\n", self.code)]
        self.functions = []
        self.scan()

    def line_of(self, position):
        return bisect.bisect_right(self.starts, position)

    def scan(self):
        stack, head, parens, i = [], 0, 0, 0  # stack of (kind, head's start, parens outside)
        while i < len(self.code):
            c = self.code[i]
            if c in "([":
                parens += 1
            elif c in ")]":
                parens -= 1
            elif c == ";" and parens <= 0:
                head = i + 1
            elif c == "{":
                kind = self.kind_of_block(i, head, stack)
                if kind == "value":
                    i = matching_brace(self.code, i) + 1
                    continue
                stack.append((kind, head, parens))
                if kind == "function":
                    self.open_function(i, head)
                head, parens = i + 1, 0
            elif c == "}" and stack:
                kind, opened, parens = stack.pop()
                # A lambda's closing brace goes on with the statement it stands in.
                head = opened if kind == "lambda" else i + 1
                self.close_block(kind, i, stack)
            i += 1

    def kind_of_block(self, i, head, stack):
        text = self.code[head:i].strip()
        inside = any(kind == "function" for kind, _, _ in stack)
        if LAMBDA.search(text) and text.endswith((")", "]")) or LAMBDA.search(text + " "):
            return "lambda"
        if inside:
            if CONTROL.match(text) or WORD_BLOCK.search(text) or text == "":
                return "block"
            return "type" if re.match(r"(?:class|struct|union|enum)\b", text) else "value"
        if NAMESPACE.search(text):
            return "namespace"
        if DERIVED.match(text):
            return "type"
        if "(" not in text or text.endswith("="):
            return "type" if TYPE.search(text) else "value"
        after = self.code[matching_brace(self.code, i) + 1:].lstrip()[:1]
        return "value" if after in (",", "{") else "function"

    def open_function(self, i, head):
        text = self.code[head:i]
        start = head + len(text) - len(text.lstrip())
        access = re.match(r"(?:(?:public|private|protected)\s*:\s*)+", self.code[start:i])
        start += access.end() if access else 0
        self.functions.append(Function(name_of(self.code[start:i]), self.line_of(start), 0, 0))

    def close_block(self, kind, i, stack):
        if kind == "function":
            self.functions[-1].lines = self.line_of(i) - self.functions[-1].line + 1
        if kind != "block" or not self.functions:
            return
        depth = 1
        for outer, _, _ in reversed(stack):
            if outer != "block":
                break
            depth += 1
        self.functions[-1].nesting = max(self.functions[-1].nesting, depth)
