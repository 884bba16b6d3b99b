#!/usr/bin/env python3
"""Verifies an export of Gatehouse's audit (`gatehouse audit export --format jsonl`) without Gatehouse.

    python3 verify-audit.py EXPORT.jsonl [--key VERIFIER-KEY] [--head SIZE:ROOT]

Needs nothing but Python 3.8. Says `intact` and ends with 0; names the first bad record and ends with 1; or, where the
log itself says of records that nobody can prove who wrote them, says `intact, but not proven` with which those are, and
ends with 6.
Give the key that you noted from `gatehouse audit verify`: without --key the export is held against the key that
it names itself, which shows that it is whole, but not whose it is. An export proves its own end; that it is the latest
one is shown by --head, the size and root that you noted: the export has to go at least that far.

The format, line by line:
  {"audit":1,"key":K}                      first; K is a C2SP verifier key: name+id+base64(0x01, public key)
  {"segment":{...}}                        records that were dropped; "frontier" is the right edge of their tree, "note"
                                           a checkpoint of it with a line "sealed FIRST-LAST, from T to T, hash H".
                                           Older ones have no such line: there a record "audit.sealed" has to say it
  {"action"|"actor":..., "seq":N, "prev":H, ...}
                                           a record, canonical JSON (RFC 8785). Its hash is SHA-256(0x00, line);
                                           "prev" is the hash of the record before, 64 zeros for the first
  {"at":T,"checkpoint":NOTE,"size":N}      after record N; NOTE is a C2SP checkpoint (origin, size, root, and
                                           in newer ones a line "at T") of the RFC 6962 tree over the hashes
                                           of the first N records, Ed25519
  {"at":T,"end":NOTE,"size":N}             last; NOTE is such a checkpoint with a line "export ends"
"""
import argparse, base64, hashlib, json, re, sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Adds points in extended coordinates (RFC 8032, section 5.1.4)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    s, t, u, v = (f - e) % P, (h - g) % P, (h + g) % P, (f + e) % P
    return s * t % P, u * v % P, t * u % P, s * v % P


def times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, text, signature):
    """Whether an Ed25519 signature holds (RFC 8032, section 5.1.7)."""
    try:
        a, r = point(key), point(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(k, a))
    same = lambda n: (left[n] * right[2] - right[n] * left[2]) % P == 0
    return same(0) and same(1)


class Key:
    def __init__(self, text):
        self.name, self.id, key = text.split("+", 2)
        key = base64.b64decode(key, validate=True)
        self.public = key[1:]
        full = hashlib.sha256(self.name.encode() + b"\n" + key).digest()
        if key[:1] != b"\x01" or len(key) != 33 or full[:4].hex() != self.id:
            raise ValueError("the key is malformed")

    def checkpoint(self, note):
        """Size, root and time of a checkpoint that this key signed, and its lines after these; None of any other."""
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        for line in signatures.splitlines():
            dash, name, encoded = line.split(" ")
            raw = base64.b64decode(encoded, validate=True)
            if dash == "\u2014" and name == self.name and raw[:4].hex() == self.id:
                lines = text.split("\n")
                if signed(self.public, text.encode(), raw[4:]) and lines[0] == self.name:
                    times = [line[3:] for line in lines[3:] if line.startswith("at ")]
                    root = base64.b64decode(lines[2], validate=True)
                    return int(lines[1]), root, times[:1], lines[3:]
        return None


class Tree:
    """The right edge of an RFC 6962 tree."""

    def __init__(self, size=0, edge=()):
        self.size, self.edge, self.sealed = size, list(edge), size
        self.unproven = []

    def push(self, leaf):
        size = self.size
        while size & 1:
            leaf, size = hashlib.sha256(b"\x01" + self.edge.pop() + leaf).digest(), size >> 1
        self.edge.append(leaf)
        self.size += 1

    def root(self):
        if not self.edge:
            return hashlib.sha256().digest()
        node = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            node = hashlib.sha256(b"\x01" + left + node).digest()
        return node


class Broken(Exception):
    pass


def verify(lines, key, head):
    tree = Tree()
    try:
        return follow(lines, key, head, tree)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise Broken(f"a line in place {tree.size + 1} cannot be read")


# What a record says of the log: its kind, and its words.
SEALED = ("audit.sealed", re.compile(r"records ([0-9]+) to ([0-9]+) were sealed away"))
UNPROVEN = ("audit.unproven", re.compile(r"records ([0-9]+) to ([0-9]+) are not proven.*", re.S))
FORMER = ("audit.unproven", re.compile(r"an earlier log of ([0-9]+) signed records is gone.*", re.S))


def said(record, kind):
    """The numbers in what a record of this kind says of the log; None where it does not."""
    found = record["kind"] == kind[0] and kind[1].fullmatch(record.get("what") or "")
    return tuple(map(int, found.groups())) if found else None


def sealing(segment, lines):
    """Whether it was signed that these records were sealed; None of an older segment, where a record has to say it."""
    signed = [line for line in lines if line.startswith("sealed ")]
    wanted = "sealed {first}-{last}, from {from_at} to {to_at}, hash {leaf}".format(**segment)
    if not signed:
        return None
    return signed[0] == wanted and f"at {segment['sealed_at']}" in lines


def follow(lines, key, head, tree):
    prev, counted, begun, ended = bytes(32), 0, False, False
    # The segment that no signature says to be sealed, and which records say it of which.
    unsaid, sealed = None, []
    for line in lines:
        line = line.rstrip(b"\n")
        due = tree.size + 1
        if ended and line:
            raise Broken(f"something stands after the end of the export of {tree.size} records")
        if line.startswith(b'{"audit":'):
            if begun:
                raise Broken(f"another first line stands in place {due}")
            key = key or Key(json.loads(line)["key"])
        elif line.startswith(b'{"segment":'):
            if begun:
                raise Broken(f"a sealed segment stands in place {due}, after a record")
            segment = json.loads(line)["segment"]
            if segment["first"] != due or segment["last"] < due:
                raise Broken(f"a sealed segment that begins in place {due} does not go on from what is before it")
            tree.__init__(segment["last"], map(bytes.fromhex, segment["frontier"]))
            prev, counted = bytes.fromhex(segment["leaf"]), segment["last"]
            found = key and key.checkpoint(segment["note"])
            if not found or found[:2] != (tree.size, tree.root()):
                raise Broken(f"the sealed records up to {tree.size} are not what was sealed")
            is_sealed = sealing(segment, found[3])
            if is_sealed is False:
                raise Broken(f"what was signed of the sealed records up to {tree.size} is the sealing of others")
            # Those before it hold with it: it begins where they end.
            unsaid = None if is_sealed else (segment["first"], segment["last"])
            if head and head[0] == tree.size and head[1] != tree.root().hex():
                raise Broken(f"the sealed records up to {tree.size} are not those that the head knows")
        elif line.startswith(b'{"at":'):
            kept = json.loads(line)
            ended = "end" in kept
            found = key and key.checkpoint(kept["end" if ended else "checkpoint"])
            if not found:
                raise Broken(f"the checkpoint of {kept['size']} records was not signed by the key")
            if found[:2] != (tree.size, tree.root()):
                raise Broken(f"a record up to {tree.size} is not the one that was signed for; "
                             f"the first {counted} are")
            if found[2] and found[2][0] != str(kept["at"]):
                raise Broken(f"the time beside the checkpoint of {kept['size']} records is not the one that was signed")
            if ended and "export ends" not in found[3]:
                raise Broken("what was signed last is not the end of an export")
            counted = tree.size
        elif line:
            begun = True
            try:
                record = json.loads(line)
                seq, held = record["seq"], bytes.fromhex(record["prev"])
            except (ValueError, KeyError, TypeError):
                raise Broken(f"record {due} is no record")
            if seq != due:
                raise Broken(f"record {due} is due, and record {seq} stands there")
            if held != prev:
                raise Broken(f"record {due} does not hold the hash of the one before: one of them was changed")
            for numbers in filter(None, [said(record, UNPROVEN), said(record, FORMER)]):
                if numbers not in tree.unproven:
                    tree.unproven.append(numbers)
            sealed += [(seq, numbers) for numbers in [said(record, SEALED)] if numbers]
            prev = hashlib.sha256(b"\x00" + line).digest()
            tree.push(prev)
            if head and head[0] == tree.size and head[1] != tree.root().hex():
                raise Broken(f"the first {tree.size} records are not those that the head knows")
    # What anybody may have written proves nothing.
    ranges = [numbers for numbers in tree.unproven if len(numbers) == 2]
    proven = [what for seq, what in sealed if not any(first <= seq <= last for first, last in ranges)]
    if unsaid and unsaid not in proven:
        raise Broken(f"records {unsaid[0]} to {unsaid[1]} are not there, and nothing proves that the gateway sealed "
                     "them away")
    if not tree.size:
        raise Broken("there are no records in the export")
    if counted < tree.size:
        raise Broken(f"no checkpoint counts the records after {counted}")
    if not ended:
        raise Broken(f"the export does not say that it ends after {tree.size} records: more may be missing")
    if head and head[0] > tree.size:
        raise Broken(f"the export ends after {tree.size} records, and the head counts {head[0]}")
    return tree, key


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export")
    parser.add_argument("--key", type=Key)
    parser.add_argument("--head", type=lambda text: (int(text.split(":")[0]), text.split(":")[1]))
    options = parser.parse_args()
    try:
        with open(options.export, "rb") as lines:
            tree, key = verify(lines, options.key, options.head)
    except Broken as broken:
        print(f"broken: {broken}")
        sys.exit(1)
    if options.head and options.head[0] < tree.sealed:
        print("note: what --head counts was sealed away since: that the log went on from there is all that it shows")
    for numbers in tree.unproven:
        if len(numbers) == 1:
            print(f"not proven: an earlier log of {numbers[0]} signed records is gone, and this one began anew")
            continue
        print(f"not proven: nobody can say whether the gateway wrote records {numbers[0]} to {numbers[1]}. The computer "
              "went down or the key was not to be had when they came, or somebody else wrote them: read them")
    if tree.unproven:
        print(f"intact, but not proven: {tree.size} records, root {tree.root().hex()}, key {key.name if key else 'none'}")
        sys.exit(6)
    print(f"intact: {tree.size} records, root {tree.root().hex()}, key {key.name if key else 'none'}")


main()
