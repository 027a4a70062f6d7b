#!/usr/bin/env python3
"""Checks a sheaf archive, or a proof out of one, with nothing of sheaf's: see archive.md.

    verify.py KEY message PROOF [MAIL]   an inclusion proof; MAIL: the message's bytes
    verify.py KEY grown PROOF [SEAL]     a consistency proof; SEAL: the older seal, as you kept it
    verify.py KEY archive DIR [SEAL…]    a whole archive; SEALs: copies kept elsewhere
    verify.py KEY note FILE              who signed a certificate or the head of an audit log

KEY is a copy of the archive's keys/seal.pub: your own, not one that came with what you check.
Needs Python 3.11 and the programs openssl and zstd. Prints OK, or BAD and why (status 1).
"""
import base64, hashlib, json, pathlib, re, subprocess, sys, tarfile, tempfile
OURS = "SCHILY.xattr.user.sheaf."
def need(condition, what):
    if not condition: raise ValueError(what)
def sha(*pieces): return hashlib.sha256(b"".join(pieces)).digest()
def unbase64(text): return base64.b64decode(text, validate=True)
def tree_head(leaves):  # RFC 9162, 2.1.1
    if len(leaves) < 2: return leaves[0] if leaves else sha(b"")
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1", tree_head(leaves[:k]), tree_head(leaves[k:]))
def climb(fn, sn, path, new, old=b""):  # what 2.1.3.2 and 2.1.4.2 have in common
    for p in path:
        need(sn and len(p) == 32, "the proof is malformed or too long")
        if fn & 1 or fn == sn:
            new, old = sha(b"\1", p, new), sha(b"\1", p, old)
            while fn and not fn & 1: fn, sn = fn >> 1, sn >> 1
        else:
            new = sha(b"\1", new, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "the proof is too short")
    return new, old
def read_key(path):  # (name, id, 32 bytes)
    name, ident, rest = pathlib.Path(path).read_text().strip().split("+", 2)
    key = unbase64(rest)
    need(len(key) == 33 and key[0] == 1, "not an Ed25519 verifier key")
    need(sha(name.encode(), b"\n", key)[:4].hex() == ident, "the key's id is not its own")
    return name, bytes.fromhex(ident), key[1:]
def read_seal(key, note):  # size and head of the log (a rewrite note has none), {key: value}
    form = rb"((\S+)\n(?:(0|[1-9]\d*)\n(\S{44})\n)?((?:\w+ \S+\n)*))\n\xe2\x80\x94 (\S+) (\S+)\n"
    match = re.fullmatch(form, note)
    need(match and match[2] == match[6] == key[0].encode(), "not a seal signed by " + key[0])
    check_signature(key, match[1], unbase64(match[7]))
    said = dict(re.findall("(.*) (.*)", match[5].decode()))
    return match[3] and int(match[3]), match[4] and unbase64(match[4]), said
def check_signature(key, text, signature):
    need(len(signature) == 68 and signature[:4] == key[1], "signed by another key")
    der = bytes.fromhex("302a300506032b6570032100") + key[2]
    with tempfile.TemporaryDirectory() as at:
        for name, data in (("key", der), ("text", text), ("sig", signature[4:])):
            (pathlib.Path(at) / name).write_bytes(data)
        call = ("openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text "
                "-sigfile sig").split()
        need(not subprocess.run(call, cwd=at, capture_output=True).returncode, "wrong signature")
def check_note(key, path):
    note = pathlib.Path(path).read_bytes()
    match = re.fullmatch(rb"(.*\n)\n\xe2\x80\x94 (\S+) (\S+)\n", note, re.S)
    need(match and match[2] == key[0].encode(), "not a note signed by " + key[0])
    check_signature(key, match[1], unbase64(match[3]))
    return "signed by " + key[0]
def read_proof(path, kind):
    proof = json.loads(pathlib.Path(path).read_text())
    need(proof["proof"] == kind, "not of the kind '%s'" % kind)
    return proof, [bytes.fromhex(h) for h in proof["path"]]
def check_message(key, proof, mail=None):
    p, path = read_proof(proof, "inclusion 1")
    size, root, _ = read_seal(key, p["checkpoint"].encode())
    message, salt = bytes.fromhex(p["message"]), bytes.fromhex(p["salt"])
    need(len(message) == len(salt) == 32, "a hash or salt of another length")
    need(mail is None or sha(pathlib.Path(mail).read_bytes()) == message, "it is of another mail")
    index, leaf = p["index"], sha(b"\0", sha(salt, message, unbase64(p["facts"])))
    need(p["size"] == size and 0 <= index < size, "no such leaf in the sealed log")
    need(climb(index, size - 1, path, leaf)[0] == root, "the path leads to another head")
    return "message %s is number %d of %d" % (p["message"], index + 1, size)
def check_grown(key, proof, copy=None):
    p, path = read_proof(proof, "consistency 1")
    need(copy is None or pathlib.Path(copy).read_text() == p["old"], "it starts at another seal")
    old, first, _ = read_seal(key, p["old"].encode())
    size, second, _ = read_seal(key, p["checkpoint"].encode())
    if old in (0, size):
        need(not path and first == (second if old == size else sha(b"")), "the heads differ")
        return "%d messages then, %d now" % (old, size)
    path, fn, sn = path if old & (old - 1) else [first] + path, old - 1, size - 1
    need(path and old < size, "not a proof of growth")
    while fn & 1: fn, sn = fn >> 1, sn >> 1
    need(climb(fn, sn, path[1:], path[0], path[0]) == (second, first), "the heads do not fit")
    return "the log of %d messages begins the one of %d" % (old, size)
def leaf_of(records, message):
    facts = b""  # the pax records as they stand in the file, but the salt's
    for record in ("%s=%s\n" % r for r in records.items() if r[0] != OURS + "salt"):
        data = record.encode("utf-8", "surrogateescape")
        n = len(data) + 1
        facts += b"%d %s" % (n + next(d for d in range(1, 20) if len(str(n + d)) == d), data)
    return sha(b"\0", sha(bytes.fromhex(records[OURS + "salt"]), message, facts))
def read_segment(path, leaves):  # hash every message, add its leaf; bytes of all messages
    total = 0
    with subprocess.Popen(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE) as zstd:
        tar = tarfile.open(fileobj=zstd.stdout, mode="r|")
        for member in (m for m in tar if re.search(r"\.eml$|^destroyed/", m.name)):
            file, said = tar.extractfile(member), member.pax_headers
            need(int(said[OURS + "number"]) == len(leaves) + 1, "numbers are wrong")
            if member.name.startswith("destroyed/"):
                for piece in iter(lambda: file.read(1 << 20), b""):
                    need(not piece.strip(b"\0"), member.name + " holds bytes")
                leaves.append(bytes.fromhex(said[OURS + "leaf"]))
            else:
                message = hashlib.file_digest(file, "sha256").digest()
                need(member.name == message.hex() + ".eml", member.name + " holds other bytes")
                leaves.append(leaf_of(said, message))
            total += member.size
        hashlib.file_digest(zstd.stdout, "sha256")  # to the end, so that zstd checks all of it
    need(zstd.returncode == 0, "zstd finds it damaged")
    return total
def check_segment(key, path, leaves, previous):  # one segment and its seal, whose hash it returns
    before, note = len(leaves), path.with_name(path.name[:-8] + ".seal").read_bytes()
    size, root, said = read_seal(key, note)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != said["sha256"]:  # messages in it were destroyed: the note of that tells
        new = read_seal(key, path.with_name(path.name[:-8] + ".rewrite").read_bytes())[2]
        need((new["rewrite"], new["segment"], new["seal"]) == ("1", path.name, sha(note).hex()) and
             digest in (new["sha256"], new["replaces"]), "the file is not the one that was sealed")
    need((said["seal"], said["segment"], int(said["size"])) ==
         ("1", path.name, path.stat().st_size), "the seal is of another file")
    need(said["previous"] == previous.hex(), "the chain of seals is broken")
    total, count = read_segment(path, leaves), len(leaves) - before
    ends = [before + 1, before + count] if count else [0, 0]
    need([int(said[k]) for k in ("messages", "bytes", "first", "last")] == [count, total] + ends,
         "the counts are wrong")
    need(size == len(leaves) and tree_head(leaves) == root, "the leaves do not give the head")
    return sha(note)
def check_archive(key, folder, *copies):
    leaves, previous, sealed, folder = [], bytes(32), 0, pathlib.Path(folder) / "segments"
    paths = sorted(folder.glob("*.tar.zst"), key=lambda p: int(p.name[:-8]))
    need([int(p.name[:-8]) for p in paths] == list(range(1, len(paths) + 1)) and
         len(list(folder.glob("*.seal"))) <= len(paths), "a segment is gone")
    for path in paths:
        try:
            if path == paths[-1] and not path.with_name(path.name[:-8] + ".seal").exists():
                read_segment(path, leaves)
            else:
                previous, sealed = check_segment(key, path, leaves, previous), len(leaves)
        except (ValueError, KeyError, OSError, tarfile.TarError) as error:
            raise ValueError("%s: %s" % (path.name, error)) from error
    for copy in map(pathlib.Path, copies):
        mine = folder / (read_seal(key, copy.read_bytes())[2]["segment"][:-8] + ".seal")
        need(mine.exists() and mine.read_bytes() == copy.read_bytes(),
             "%s is not in it: its end was cut off, or it was rewritten" % copy)
    return "%d messages, %d of them sealed" % (len(leaves), sealed)
if __name__ == "__main__":
    JOBS = {"message": check_message, "grown": check_grown, "archive": check_archive,
            "note": check_note}
    if len(sys.argv) < 4 or sys.argv[2] not in JOBS:
        sys.exit(__doc__)
    try:
        print("OK: " + JOBS[sys.argv[2]](read_key(sys.argv[1]), *sys.argv[3:]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError) as error:
        sys.exit("BAD: %s" % error)
