# SPDX-License-Identifier: BSD-3-Clause
"""Makes random sequences of commands from grammar.py; the same seed gives the same sequence."""

import random
import re
import time
from dataclasses import dataclass, field

from grammar import COMMANDS

LOW, HIGH = -(1 << 63), (1 << 63) - 1
KEY_POOLS = {"s": 6, "n": 4, "b": 4, "h": 5}
EDGE_KEYS = [b"", b"\x00\xff\r\n", b"k" * 300, b"a b", b"{tag}1", b"*", "ключ".encode()]
EDGE_INTEGERS = [0, -1, 1, LOW, HIGH, LOW + 1, HIGH - 1, 1 << 31, (1 << 31) - 1, -(1 << 31),
                 1 << 32, 1 << 53]
NO_INTEGERS = ["x", "", "1.5", " 1", "1 ", "+1", "007", "-0", "1e3", "0x10", str(HIGH + 1),
               str(LOW - 1), "9" * 30]
EDGE_FLOATS = ["0", "-0", "0.1", "-0.1", "1e10", "1e-10", "1.5e300", "-1.7e308", "1e400", "inf",
               "-inf", "nan", "infinity", "3.0", ".5", "5.", "0x1p3", " 1", "1 ", "abc", "",
               "1e17", "123456789012345678", "1e-17", "17.000000000000001", "1,5"]
PATTERNS = ["*", "s*", "h?", "[a-n]*", "*1", "\\*", "", "n[^1]", "[h-s][0-3]", "**", "?", "[",
            "s\\1", "h[0-", "*[12]*", "k*k"]


@dataclass
class Op:
    """One step. kind: command, expire (make a key expire now), restore (DUMP and RESTORE), scan,
    hscan (whole iterations). mode: how replies are compared. client: 0 or 1."""

    kind: str
    arguments: list
    mode: str = "exact"
    client: int = 0
    extra: dict = field(default_factory=dict)

    @property
    def name(self):
        return str(self.arguments[0]).lower() if self.kind == "command" else self.kind

    def __str__(self):
        shown = " ".join(show(a) for a in self.arguments)
        note = f"  {self.extra}" if self.extra else ""
        kind = "" if self.kind == "command" else f"({self.kind}) "
        return f"[{self.client}] {kind}{shown}{note}"


def show(argument):
    data = argument if isinstance(argument, bytes) else str(argument).encode()
    if len(data) > 200:
        return f"<{len(data)} bytes, beginning {data[:40]!r}>"
    if re.fullmatch(rb"[\w*?.:+\-{}#]+", data):
        return data.decode()
    return repr(data)[1:]


def parse(pattern, level):
    """A pattern as a tree: ("word", text), ("make", name), ("seq"|"option"|"repeat", [choices])."""
    tokens = pattern.split()

    def choices(closing):
        found, sequence, dropped = [], [], False
        while tokens:
            token = tokens.pop(0)
            if token in closing:
                break
            if token == "|":
                if not dropped:
                    found.append(sequence)
                sequence, dropped = [], False
            elif token == "[":
                sequence.append(("option", choices("]")[0]))
            elif token == "(":
                inner, end = choices((")", ")+"))
                sequence.append(("repeat" if end == ")+" else "seq", inner))
            elif token.startswith("<"):
                sequence.append(("make", token[1:-1]))
            else:
                word, _, needed = token.partition("@")
                dropped = dropped or bool(needed) and int(needed) > level
                sequence.append(("word", word))
        if not dropped:
            found.append(sequence)
        return found, token

    tokens.append("END")
    return choices("END")[0]


class Generator:
    """Makes sequences for servers of a level (7 or 9), without the commands named in skipped."""

    def __init__(self, level, skipped=()):
        self.level = level
        self.skipped = set(skipped)
        self.rows = []
        self.weights = []
        for line in COMMANDS.splitlines():
            if not line or line.startswith("#"):
                continue
            weight, needed, mode, pattern = line.split(None, 3)
            if int(needed) <= level and pattern.split()[0] not in self.skipped:
                self.rows.append((mode, parse(pattern, level)))
                self.weights.append(int(weight))
        self.random = None
        self.now = 0

    def sequence(self, seed, length):
        """A list of steps, a function of the seed (and, for absolute times, of the clock)."""
        self.random = random.Random(seed)
        self.now = int(time.time())
        ops = []
        while len(ops) < length:
            ops += self.step()
        return ops

    def step(self):
        dice = self.random.random()
        if dice < 0.03 and "multi" not in self.skipped:
            return self.transaction()
        if dice < 0.04:
            return [Op("expire", [self.key()], client=self.client())]
        if dice < 0.06:
            return [self.restore()]
        if dice < 0.065:
            return [self.scan()]
        if dice < 0.07:
            return [Op("hscan", [self.hkey()], client=self.client())]
        if dice < 0.075:
            return [Op("dbsize", [], client=self.client())]
        if dice < 0.08 and self.level >= 9:
            return [Op("expire_field", [self.hkey(), self.field()], client=self.client())]
        return [self.command(self.client())]

    def client(self):
        return 1 if self.random.random() < 0.1 else 0

    def command(self, client=0):
        mode, tree = self.random.choices(self.rows, self.weights)[0]
        words = self.expand(tree)
        return Op("command", self.spoil(words), mode, client)

    def expand(self, choices):
        words = []
        for kind, detail in self.random.choice(choices) if choices else ():
            if kind == "word":
                words.append(detail)
            elif kind == "make":
                made = getattr(self, detail)()
                words += made if isinstance(made, list) else [made]
            elif kind == "seq":
                words += self.expand(detail)
            elif kind == "option":
                if self.random.random() < 0.4:
                    words += self.expand(detail)
            else:
                for _ in range(self.random.choice((1, 1, 2, 3))):
                    words += self.expand(detail)
        return words

    def spoil(self, words):
        """Now and then: wrong arity, another case, a repeated or strange argument."""
        dice = self.random.random()
        words = list(words)
        if dice < 0.02 and len(words) > 1:
            words = words[:self.random.randrange(1, len(words))]
        elif dice < 0.03:
            words.append(self.random.choice(["x", "1", "", "nx", "get", "replace", "bit"]))
        elif dice < 0.04 and len(words) > 2:
            at = self.random.randrange(2, len(words))
            words[at] = self.random.choice(["", "x", "-1", "0", str(HIGH), b"\xff\x00"])
        elif dice < 0.05 and len(words) > 3:
            words.append(words[self.random.randrange(2, len(words))])
        if self.random.random() < 0.3:
            words = [self.change_case(w) if isinstance(w, str) and (at == 0 or w.isalpha()) else w
                     for at, w in enumerate(words)]
        return words

    def change_case(self, word):
        return self.random.choice((str.upper, str.title, str.lower))(word)

    # --- whole steps ---------------------------------------------------------------------------

    def transaction(self):
        ops = []
        pick = self.random.random
        if pick() < 0.5:
            watched = [self.key() for _ in range(self.random.randint(1, 3))]
            ops.append(Op("command", ["watch", *watched]))
            if pick() < 0.5:
                ops.append(self.command(client=int(pick() < 0.7)))
            if pick() < 0.2:
                ops.append(Op("expire", [watched[0]], client=int(pick() < 0.5)))
        ops.append(Op("command", ["multi"]))
        ops += [self.command() for _ in range(self.random.randint(0, 6))]
        if pick() < 0.15:
            ops.append(self.command(client=1))
        ops.append(Op("command", ["exec"], "exec") if pick() < 0.9 else Op("command", ["discard"]))
        return ops

    def restore(self):
        options = []
        if self.random.random() < 0.7:
            options.append("replace")
        ttl = self.random.choice([0, 0, 100_000_000, -1, "x"])
        if self.random.random() < 0.3:
            options.append("absttl")
            ttl = self.random.choice([0, self.now * 1000 + 5_000_000, 1])
        spoilt = self.random.choice([None] * 8 + ["flip", "cut"])
        return Op("restore", [self.key(), self.key()], client=self.client(),
                  extra={"ttl": ttl, "options": options, "spoilt": spoilt})

    def scan(self):
        options = []
        if self.random.random() < 0.5:
            options += ["match", self.pattern()]
        if self.random.random() < 0.5:
            options += ["count", self.random.choice([1, 3, 10, 1000])]
        if self.random.random() < 0.3:
            options += ["type", self.random.choice(["string", "hash"])]
        return Op("scan", options, client=self.client())

    # --- arguments -----------------------------------------------------------------------------

    def pool_key(self, pool):
        dice = self.random.random()
        if dice < 0.02:
            return self.random.choice(EDGE_KEYS)
        if dice < 0.12:
            pool = self.random.choice(list(KEY_POOLS))
        return f"{pool}{self.random.randrange(KEY_POOLS[pool])}"

    def skey(self):
        return self.pool_key("s")

    def nkey(self):
        return self.pool_key("n")

    def bkey(self):
        return self.pool_key("b")

    def hkey(self):
        return self.pool_key("h")

    def key(self):
        return self.pool_key(self.random.choice("ssnbhhh"))

    def lkey(self):
        """Keys for LCS, which is quadratic: nothing makes their values long."""
        return f"l{self.random.randrange(2)}"

    def missing(self):
        return "never-there"

    def int(self):
        dice = self.random.random()
        if dice < 0.08:
            return self.random.choice(NO_INTEGERS)
        if dice < 0.25:
            return self.random.choice(EDGE_INTEGERS)
        return self.random.randint(-1000, 1000)

    def index(self):
        dice = self.random.random()
        if dice < 0.03:
            return self.random.choice(NO_INTEGERS)
        if dice < 0.1:
            # Nothing in between: counts of millions would be honoured.
            return self.random.choice([LOW, LOW + 1, HIGH, HIGH - 1, 0, -1])
        return self.random.randint(-20, 40)

    def count(self):
        """For HRANDFIELD: a great negative one would be honoured."""
        dice = self.random.random()
        if dice < 0.1:
            return self.random.choice([LOW, HIGH, *NO_INTEGERS])
        return self.random.randint(-20, 40)

    def cursor(self):
        return self.random.choice([0, 0, 0, "x", -1, "", "1 "])

    def float(self):
        dice = self.random.random()
        if dice < 0.2:
            return self.random.choice(EDGE_FLOATS)
        if dice < 0.5:
            return self.random.randint(-100, 100)
        return round(self.random.uniform(-1000, 1000), self.random.randint(0, 6))

    def word(self):
        return "".join(self.random.choices("abcd", k=self.random.randint(0, 30)))

    def val(self):
        dice = self.random.random()
        if dice < 0.2:
            return str(self.int())
        if dice < 0.25:
            return str(self.float())
        size = self.random.choice([0, 1, 5, 10, 20, 21, 43, 44, 45, 63, 64, 65, 100, 1000])
        if dice > 0.99:
            size = self.random.choice([16383, 16384, 20_000, 65_536, 200_000])
        if dice < 0.6:
            return self.random.randbytes(size)
        if dice < 0.8:
            return (b"ab" * size)[:size]
        return "".join(self.random.choices("abcdefghij0123456789", k=size))

    def hval(self):
        if self.random.random() < 0.05:
            return self.val()
        if self.random.random() < 0.3:
            return str(self.int())
        return self.random.randbytes(self.random.choice([0, 1, 5, 12, 40, 64]))

    def field(self):
        dice = self.random.random()
        if dice < 0.7:
            return f"f{self.random.randrange(8)}"
        if dice < 0.9:
            return f"f{self.random.randrange(200)}"
        if dice < 0.95:
            return str(self.random.choice(EDGE_INTEGERS))
        return self.random.choice([b"", b"\x00\r\n\xff", b"f" * 64, b"f" * 65, b"f" * 5000])

    def nfield(self):
        return f"n{self.random.randrange(3)}" if self.random.random() < 0.85 else self.field()

    def fieldlist(self):
        return [f"f{n}" for n in range(self.random.choice([10, 100, 200]))]

    def manyfields(self):
        count = self.random.choice([5, 20, 130, 200, 600])
        return [x for n in range(count) for x in (f"f{n}", self.random.choice([n, f"value{n}"]))]

    def counted(self, word, items, width):
        count = len(items) // width
        if self.random.random() < 0.04:
            count = self.random.choice([0, -1, count + 1, max(count - 1, 0), "x", HIGH])
        return ([word] if word else []) + [count] + items

    def fields(self):
        return self.counted("fields", [self.field() for _ in range(self.random.randint(1, 3))], 1)

    def fieldvalues(self):
        pairs = range(self.random.randint(1, 3))
        return self.counted("fields", [x for _ in pairs for x in (self.field(), self.hval())], 2)

    def keyvalues(self):
        pairs = range(self.random.randint(1, 3))
        return self.counted("", [x for _ in pairs for x in (self.skey(), self.val())], 2)

    def secs(self):
        """Mostly far off: nothing may expire by itself while a sequence runs."""
        if self.random.random() < 0.12:
            return self.random.choice([0, -1, -100, "x", HIGH, LOW, HIGH // 1000, "1.5", ""])
        return self.random.randint(1000, 10_000_000)

    def ms(self):
        if self.random.random() < 0.12:
            return self.random.choice([0, -1, -100, "x", HIGH, LOW, HIGH - 1, "1.5", ""])
        return self.random.randint(1_000_000, 10_000_000_000)

    def at(self):
        if self.random.random() < 0.12:
            return self.random.choice([0, self.past(), -1, "x", HIGH, LOW, HIGH // 1000])
        return self.now + self.random.randint(1000, 10_000_000)

    def atms(self):
        if self.random.random() < 0.12:
            return self.random.choice([0, self.past(), -1, "x", HIGH, LOW, HIGH - 1])
        return self.now * 1000 + self.random.randint(1_000_000, 10_000_000_000)

    def past(self):
        """A time gone by. Redis 7.0 stores a SET with one and sends events of that."""
        return self.random.choice([1, 1_000_000]) if self.level >= 9 else 0

    def offset(self):
        if self.random.random() < 0.1:
            return self.random.choice([-1, "x", 1 << 20, (1 << 20) - 1, 1 << 29, HIGH, LOW])
        return self.random.choice([0, 1, 5, self.random.randrange(100), 5000])

    def bit(self):
        if self.random.random() < 0.1:
            return self.random.choice([-1, "x", 8 << 20, (8 << 20) - 1, 1 << 32, HIGH, "#1"])
        return self.random.choice([0, 7, 8, self.random.randrange(200), 10_000])

    def bits(self):
        if self.random.random() < 0.08:
            return self.random.choice(["u64", "i65", "u0", "i0", "x8", "u", "8", "i-1", "u063"])
        if self.random.random() < 0.5:
            return f"u{self.random.choice([1, 2, 4, 7, 8, 16, 31, 32, 63])}"
        return f"i{self.random.choice([1, 2, 5, 8, 16, 32, 33, 63, 64])}"

    def bitindex(self):
        if self.random.random() < 0.08:
            return self.random.choice(["-1", "x", "#", "#-1", str(8 << 20), f"{HIGH}", f"#{HIGH}"])
        return self.random.choice(["", "#"]) + str(self.random.randrange(40))

    def bitfields(self):
        words = []
        for _ in range(self.random.randint(0, 5)):
            kind = self.random.choice(["get", "set", "incrby", "overflow"])
            if kind == "overflow":
                words += [kind, self.random.choice(["wrap", "sat", "fail", "fail", "what"])]
            else:
                words += [kind, self.bits(), self.bitindex()]
                if kind != "get":
                    words.append(self.int())
        return words

    def pattern(self):
        return self.random.choice(PATTERNS)

    def db(self):
        if self.random.random() < 0.08:
            return self.random.choice([16, -1, "x", "", HIGH])
        return self.random.choice([0, 0, 0, 1, 2, 3])
