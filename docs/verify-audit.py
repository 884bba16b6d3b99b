#!/usr/bin/env python3
"""Verifies an export of Gatehouse's audit (`gatehouse audit export --format jsonl`) without Gatehouse.

    python3 verify-audit.py EXPORT.jsonl [--key VERIFIER-KEY] [--head SIZE:ROOT]

Needs nothing but Python 3.8. Says `intact` and ends with 0, or names the first bad record and ends with 1.
Give the key that you noted from `gatehouse audit verify`: without --key the export is held against the key that
it names itself, which shows that it is whole, but not whose it is. An export proves its own end; that it is the latest
one is shown by --head, the size and root that you noted: the export has to go at least that far.

The format, line by line:
  {"audit":1,"key":K}                      first; K is a C2SP verifier key: name+id+base64(0x01, public key)
  {"segment":{...}}                        records that were dropped; "frontier" is the right edge of their tree
  {"action"|"actor":..., "seq":N, "prev":H, ...}
                                           a record, canonical JSON (RFC 8785). Its hash is SHA-256(0x00, line);
                                           "prev" is the hash of the record before, 64 zeros for the first
  {"at":T,"checkpoint":NOTE,"size":N}      after record N; NOTE is a C2SP checkpoint (origin, size, root, and
                                           in newer ones a line "at T") of the RFC 6962 tree over the hashes
                                           of the first N records, Ed25519
  {"at":T,"end":NOTE,"size":N}             last; NOTE is such a checkpoint with a line "export ends"
"""
import argparse, base64, hashlib, json, sys

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
        """Size, root and time of a checkpoint that this key signed, and whether it ends an export; None of any other."""
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
                    return int(lines[1]), root, times[:1], "export ends" in lines[3:]
        return None


class Tree:
    """The right edge of an RFC 6962 tree."""

    def __init__(self, size=0, edge=()):
        self.size, self.edge, self.sealed = size, list(edge), size

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


def follow(lines, key, head, tree):
    prev, counted, begun, ended = bytes(32), 0, False, False
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
            tree.__init__(segment["last"], map(bytes.fromhex, segment["frontier"]))
            prev, counted = bytes.fromhex(segment["leaf"]), segment["last"]
            found = key and key.checkpoint(segment["note"])
            if not found or found[:2] != (tree.size, tree.root()):
                raise Broken(f"the sealed records up to {tree.size} are not what was sealed")
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
            if ended and not found[3]:
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
            prev = hashlib.sha256(b"\x00" + line).digest()
            tree.push(prev)
            if head and head[0] == tree.size and head[1] != tree.root().hex():
                raise Broken(f"the first {tree.size} records are not those that the head knows")
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
    print(f"intact: {tree.size} records, root {tree.root().hex()}, key {key.name if key else 'none'}")


main()
