# SPDX-License-Identifier: BSD-3-Clause
"""A model of the keyspace, small enough to search, and the search for an order of concurrent
histories which explains every reply."""

OK = "OK"
READS = {"GET", "MGET", "EXISTS", "HGETALL", "KEYS"}


class State:
    """The keys of a model: strings are text, hashes are dicts frozen as sorted tuples.

    versions count the changes of the keys which somebody watches; mortal keys have a short expiry
    and may vanish before any command.
    """

    __slots__ = ("values", "versions", "mortal")

    def __init__(self, values, watched=()):
        self.values = values
        self.versions = {key: 0 for key in watched}
        self.mortal = frozenset()

    def frozen(self):
        return (tuple(sorted(self.values.items())), tuple(sorted(self.versions.items())),
                self.mortal)

    def copy(self):
        made = State(dict(self.values))
        made.versions, made.mortal = dict(self.versions), self.mortal
        return made

    def touch(self, key):
        if key in self.versions:
            self.versions[key] += 1

    def put(self, key, value, mortal=False):
        self.values[key] = value
        self.touch(key)
        self.mortal = self.mortal | {key} if mortal else self.mortal - {key}

    def drop(self, key):
        if key not in self.values:
            return 0
        del self.values[key]
        self.touch(key)
        self.mortal -= {key}
        return 1

    def apply(self, command):
        """Runs a command on this state; returns the reply as a client sees it."""
        name, *words = command
        return getattr(self, "do_" + name.lower())(*words)

    def do_get(self, key):
        value = self.values.get(key)
        return "WRONGTYPE" if isinstance(value, tuple) else value

    def do_set(self, key, value, *options):
        self.put(key, value, mortal="PX" in options)
        return OK

    def do_incr(self, key):
        value = self.values.get(key, "0")
        if isinstance(value, tuple):
            return "WRONGTYPE"
        try:
            number = int(value) + 1
        except ValueError:
            return "ERR"
        mortal = key in self.mortal
        self.put(key, str(number), mortal)
        return number

    def do_append(self, key, text):
        value = self.values.get(key, "")
        if isinstance(value, tuple):
            return "WRONGTYPE"
        mortal = key in self.mortal
        self.put(key, value + text, mortal)
        return len(value + text)

    def do_del(self, *keys):
        return sum(self.drop(key) for key in keys)

    def do_exists(self, *keys):
        return sum(key in self.values for key in keys)

    def do_mset(self, *pairs):
        for key, value in zip(pairs[::2], pairs[1::2]):
            self.put(key, value)
        return OK

    def do_msetnx(self, *pairs):
        if any(key in self.values for key in pairs[::2]):
            return 0
        self.do_mset(*pairs)
        return 1

    def do_mget(self, *keys):
        return tuple(None if isinstance(value := self.values.get(key), tuple) else value
                     for key in keys)

    def do_hset(self, key, field, value):
        found = self.values.get(key, ())
        if not isinstance(found, tuple):
            return "WRONGTYPE"
        fields = dict(found)
        added = int(field not in fields)
        fields[field] = value
        mortal = key in self.mortal
        self.put(key, tuple(sorted(fields.items())), mortal)
        return added

    def do_hgetall(self, key):
        found = self.values.get(key, ())
        return found if isinstance(found, tuple) else "WRONGTYPE"

    def do_rename(self, key, target):
        if key not in self.values:
            return "ERR"
        value, mortal = self.values[key], key in self.mortal
        self.drop(key)
        self.put(target, value, mortal)
        return OK

    def do_flushall(self):
        for key in list(self.values):
            self.drop(key)
        return OK

    def do_keys(self, _):
        return tuple(sorted(self.values))


class Step:
    """What happens at one moment: a command, or all of a transaction, with the reply observed.

    kind: "command", "exec" (commands: the queued ones), "watch" (keys).
    """

    __slots__ = ("kind", "commands", "reply")

    def __init__(self, kind, commands, reply=None):
        self.kind, self.commands, self.reply = kind, commands, reply

    def keys(self):
        """The keys it may look at (and more words); None stands for all keys."""
        if any(command[0] in ("KEYS", "FLUSHALL") for command in self.commands):
            return None
        return {word for command in self.commands for word in command[1:]}


def outcomes(state, step, watched):
    """Every (state after, watched after) the step may lead to with the reply it had."""
    keys = step.keys()
    if keys is not None and watched:
        keys |= {key for key, _ in watched}
    for before in with_deaths(state, keys):
        after = before.copy()
        if step.kind == "watch":
            marks = frozenset((key, after.versions[key]) for key in step.commands[0][1:])
            yield after, (watched or frozenset()) | marks
        elif step.kind == "exec":
            dirty = any(after.versions[key] != version for key, version in watched or ())
            if dirty:
                if step.reply is None:
                    yield after, None
                continue
            if tuple(after.apply(command) for command in step.commands) == step.reply:
                yield after, None
        elif after.apply(step.commands[0]) == step.reply:
            yield after, watched


def with_deaths(state, keys):
    """The state, and the states in which mortal keys the step can see have expired."""
    found = [state]
    for key in sorted(state.mortal if keys is None else state.mortal & keys):
        for one in list(found):
            dead = one.copy()
            dead.drop(key)
            found.append(dead)
    return found


def explains(start, histories, end):
    """Is there an order of the steps, each history in its own order, that explains all replies and
    ends in a state where `end` (a claim) is true? Returns such a state or None."""
    watched = {key for history in histories for step in history if step.kind == "watch"
               for key in step.commands[0][1:]}
    start = State(dict(start.values), watched)
    seen = set()
    stack = [(start, (0,) * len(histories), (None,) * len(histories))]
    while stack:
        state, positions, watches = stack.pop()
        if all(at == len(history) for at, history in zip(positions, histories)):
            for final in with_deaths(state, None):
                if end(final):
                    return final
            continue
        waiting = [(number, history[positions[number]]) for number, history in enumerate(histories)
                   if positions[number] < len(history)]
        # A read that fits now changes nothing: whatever order there is, it may as well come first.
        fitting = next(((number, step) for number, step in waiting if fits_now(state, step)), None)
        for number, step in [fitting] if fitting else waiting:
            place = (*positions[:number], positions[number] + 1, *positions[number + 1:])
            if fitting:
                following = [(state, watches[number])]
            else:
                following = outcomes(state, step, watches[number])
            for after, watched in following:
                watches_after = (*watches[:number], watched, *watches[number + 1:])
                mark = (place, watches_after, after.frozen())
                if mark not in seen:
                    seen.add(mark)
                    stack.append((after, place, watches_after))
    return None


def fits_now(state, step):
    return (step.kind == "command" and step.commands[0][0] in READS
            and state.apply(step.commands[0]) == step.reply)
