"""The description of the REST interface and the server say the same: every path, parameter, status
and schema of openapi.json is tried, and every route of the server is in it."""

import itertools
import json
import pathlib
import re
import time
import unittest
import urllib.parse

from sheafserver import Server, fresh, sheaf, take
from test_api import MIXED, PLAIN, WHEN, ident, many

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOKEN = "tok.0123456789abcdef"
NO_MAIL = ("/healthz", "/readyz", "/metrics")
ABSENT = {"id": "0" * 64, "tag": "absent", "saved": "999999", "job": "999999",
          "thread": "t" + "0" * 16}
METHODS = ("get", "post", "put", "patch", "delete")


def routes():
    """(method, path) of every row of the server's table that is for programs."""
    text = (ROOT / "web" / "web.c").read_text(encoding="utf-8")
    table = text[text.index("routes[] = {"):]
    rows = re.findall(r'\{"([A-Z]+)",\s*"([^"]+)"', table[:table.index("\n};")])
    return {(method.lower(), path) for method, path in rows
            if path.startswith("/api/") or path in NO_MAIL}


class Schema:
    """The part of JSON Schema that the document uses. What it does not know it refuses."""

    KNOWN = set("$ref type enum items properties required additionalProperties description default"
                " minimum maximum minProperties maxProperties oneOf".split())
    TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool,
             "object": dict, "array": list, "null": type(None)}

    def __init__(self, document):
        self.document = document

    def resolve(self, node):
        """What a reference means."""
        while "$ref" in node:
            found = self.document
            for step in node["$ref"][2:].split("/"):
                found = found[step]
            node = found
        return node

    def is_type(self, value, name):
        """Is it of that type? A truth value is no number."""
        if isinstance(value, bool) and name in ("integer", "number"):
            return False
        return isinstance(value, self.TYPES[name])

    def check(self, value, node, where="$"):
        """Raise where the value does not fit."""
        node = self.resolve(node)
        assert set(node) <= self.KNOWN, (where, set(node) - self.KNOWN)
        kinds = node.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        assert not kinds or any(self.is_type(value, k) for k in kinds), (where, kinds, value)
        assert "enum" not in node or value in node["enum"], (where, value)
        if isinstance(value, list) and "items" in node:
            for number, item in enumerate(value):
                self.check(item, node["items"], "%s[%d]" % (where, number))
        if isinstance(value, dict) and "properties" in node:
            missing = set(node.get("required", [])) - set(value)
            assert not missing, (where, missing)
            for name, item in value.items():
                if name in node["properties"]:
                    self.check(item, node["properties"][name], where + "." + name)
                else:
                    assert node.get("additionalProperties", True), (where, name)


class Contract(unittest.TestCase):
    """One archive, one server without tokens and one with."""

    @classmethod
    def setUpClass(cls):
        cls.archive = fresh(cls, "contract")
        take(cls.archive, "ann", [(PLAIN, "\\Seen", WHEN), (MIXED, "", WHEN)] +
             [(many(n), "", WHEN) for n in range(20)])
        done = sheaf(cls.archive, "seal")  # certificates want a key
        assert done.returncode == 0, done.stderr
        cls.numbers = itertools.count()
        cls.server = cls.enterClassContext(Server(cls.archive))
        cls.document = cls.server.ask("/api/v1/openapi.json").json()
        cls.schema = Schema(cls.document)

    def operations(self):
        """(method, path, operation) of all, with the references to parameters resolved."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                self.assertIn(method, METHODS)
                yield method, path, dict(operation, parameters=[
                    self.schema.resolve(p) for p in operation.get("parameters", [])])

    def made(self, path, **members):
        """What was made by a request, as JSON."""
        answer = self.server.ask(path, "POST", {"Content-Type": "application/json"},
                                 json.dumps(members).encode())
        self.assertIn(answer.status, (200, 201, 202), answer.body)
        return answer.json()

    def tag(self):
        """The name of one that is there."""
        return self.made("/api/v1/tags/t%201", q="budget")["tag"].replace(" ", "%20")

    def saved(self):
        """The number of one that is there."""
        name = "search %d" % next(self.numbers)
        return str(self.made("/api/v1/saved-searches", name=name, q="budget")["id"])

    def job(self):
        """The number of one that is done."""
        job, end = self.made("/api/v1/export", q="budget", format="mbox"), time.monotonic() + 60
        while job["state"] in ("waiting", "running") and time.monotonic() < end:
            job = self.server.ask("/api/v1/export/%d" % job["id"]).json()
            time.sleep(0.01)
        self.assertEqual(job["state"], "done", job)
        return str(job["id"])

    def path(self, path, operation, absent=False):
        """The address, with what is there, or is not, where the path has parameters."""
        makers = {"id": lambda: ident(MIXED), "thread": lambda: ident(MIXED), "tag": self.tag,
                  "saved": self.saved, "job": self.job}
        for p in operation["parameters"]:
            if p["in"] == "path":
                name = p["name"]
                value = (ABSENT[name] if absent and name in ABSENT else
                         makers[name]() if name in makers else p["example"])
                path = path.replace("{%s}" % name, value)
        self.assertNotIn("{", path)
        return path

    def success(self, operation):
        """The status of an answer to what is right."""
        return int(min(status for status in operation["responses"] if status[0] == "2"))

    def required(self, operation):
        """The parameters without which there is an error."""
        return {p["name"]: p["example"] for p in operation["parameters"]
                if p["in"] == "query" and p.get("required")}

    def ask(self, method, path, operation, query=None, headers=(), server=None):
        """A request, whose answer must be as described; returns it."""
        body, headers = None, dict(headers)
        if "requestBody" in operation:
            example = operation["requestBody"]["content"]["application/json"]["example"]
            members = dict(example, **(query or {}))
            if "name" in members:  # each has one of its own
                members["name"] = "%s %d" % (members["name"], next(self.numbers))
            body = json.dumps(members).encode()
            headers["Content-Type"], query = "application/json", {}
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        answer = (server or self.server).ask(target, method.upper(), headers, body)
        self.check_answer(answer, operation, target)
        return answer

    def check_answer(self, answer, operation, target):
        """Is it as described: status, type, schema?"""
        described = operation["responses"].get(str(answer.status))
        self.assertIsNotNone(described, (target, answer.status, answer.body[:300]))
        self.assertTrue(answer.headers["X-Request-Id"])
        content = described.get("content")
        if not content or not answer.body:
            return
        kind = answer.headers["Content-Type"].split(";")[0]
        self.assertTrue(kind in content or "*/*" in content, (target, kind))
        schema = content.get(kind, {}).get("schema", {"type": "string"})
        if kind.endswith("json") and schema != {"type": "string"}:
            self.schema.check(json.loads(answer.body.decode()), schema)

    def test_form(self):
        self.assertEqual(self.document["openapi"][:4], "3.1.")
        names = [o["operationId"] for _, _, o in self.operations()]
        self.assertEqual(len(names), len(set(names)))
        for method, path, operation in self.operations():
            placed = set(re.findall(r"\{(\w+)\}", path))
            self.assertEqual(placed, {p["name"] for p in operation["parameters"]
                                      if p["in"] == "path"}, path)
            self.assertIn("Needs the right: ", operation["description"], (method, path))
            self.assertTrue(operation["summary"])

        def references(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    self.schema.resolve(node)
                for value in node.values():
                    references(value)
            elif isinstance(node, list):
                for value in node:
                    references(value)
        references(self.document)

    def test_every_route_is_described(self):
        described = {(method, re.sub(r"\{\w+\}", "{}", path))
                     for method, path, _ in self.operations()}
        self.assertEqual(described, routes())

    def test_success(self):
        for method, path, operation in self.operations():
            answer = self.ask(method, self.path(path, operation), operation,
                              self.required(operation))
            if "403" not in operation.get("x-only", ()):
                wanted = self.success(operation)
                if path.endswith("/html"):  # the example has no such part
                    wanted = 404
                self.assertEqual(answer.status, wanted, (method, path, answer.body[:300]))

    def test_every_parameter(self):
        for method, path, operation in self.operations():
            base = self.required(operation)
            address = self.path(path, operation)
            for p in operation["parameters"]:
                if p["in"] != "query":
                    continue
                schema = p["schema"]
                values = schema.get("enum", [p.get("example", schema.get("default"))])
                values = [v for v in values if v is not None]
                for value in values:
                    query = dict(base, **{p["name"]: value})
                    if p["name"] == "dialect":
                        query["q"] = {"json": '{"words":"budget"}', "imap": "TEXT budget",
                                      "box": "budget"}[value]
                    answer = self.ask(method, address, operation, query)
                    self.assertEqual(answer.status, 200, (path, query, answer.body[:300]))
                self.assertTrue(values or p["name"] == "cursor", (path, p["name"]))
                wrong = ["zzz"] if "enum" in schema or schema["type"] == "integer" else []
                if "maximum" in schema and p["name"] != "limit":
                    wrong.append(schema["maximum"] + 1)
                for value in wrong:
                    query = dict(base, **{p["name"]: value})
                    self.assertEqual(self.ask(method, address, operation, query).status, 400,
                                     (path, query))

    def test_every_member_of_a_body(self):
        for method, path, operation in self.operations():
            if "requestBody" not in operation:
                continue
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            for name, member in schema["properties"].items():
                known = self.document["components"]["parameters"].get(name, {})
                values = member.get("enum", [known.get("example", "1")])
                for value in values:
                    query = {name: value}
                    if name == "certificate":  # not of a JSON query
                        query.update(q="budget", dialect="box")
                    if name == "dialect":
                        query["q"] = '{"words":"a"}' if value == "json" else "TEXT a"
                    answer = self.ask(method, self.path(path, operation), operation, query)
                    wanted = 400 if name == "cursor" else self.success(operation)
                    if (name, value) == ("format", "ndjson"):
                        continue
                    if name == "ids":  # instead of a query; tests/live/test_tags.py
                        wanted = 400
                    self.assertEqual(answer.status, wanted, (path, query, answer.body[:300]))
            address = self.path(path, operation)
            self.assertEqual(self.ask(method, address, operation, {"zzz": 1}).status, 400)

    def test_unknown_parameters(self):
        for method, path, operation in self.operations():
            if method != "get" or path in NO_MAIL + ("/api/v1/messages/{id}/html",):
                continue
            query = dict(self.required(operation), zzz="1")
            answer = self.ask(method, self.path(path, operation), operation, query)
            self.assertEqual(answer.status, 400, path)

    def test_what_is_not_there(self):
        for method, path, operation in self.operations():
            if not any("{%s}" % name in path for name in ABSENT):
                continue
            self.assertIn("404", operation["responses"], path)
            if "{tag}" in path and method != "get":  # a tag is made; and off it is anyway
                continue
            address = self.path(path, operation, True)
            self.assertEqual(self.ask(method, address, operation).status, 404, path)

    def test_tags_and_ranges(self):
        for method, path, operation in self.operations():
            answers = operation["responses"]
            names = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
            self.assertEqual("304" in answers, "If-None-Match" in names, path)
            self.assertEqual("206" in answers, "Range" in names, path)
            address = self.path(path, operation)
            first = self.ask(method, address, operation, self.required(operation))
            self.assertEqual("304" in answers, first.headers["ETag"] is not None, path)
            if "304" in answers:
                again = self.ask(method, address, operation, headers={
                    "If-None-Match": first.headers["ETag"]})
                self.assertEqual(again.status, 304)
            if "206" in answers:
                self.assertEqual(self.ask(method, address, operation, headers={
                    "Range": "bytes=0-3"}).body, first.body[:4])
                self.assertEqual(self.ask(method, address, operation, headers={
                    "Range": "bytes=99999999-"}).status, 416)

    def test_tokens(self):
        tokens = self.top / "tokens"
        tokens.write_text(TOKEN + "\n")
        tokens.chmod(0o600)
        with Server(self.archive, "--token-file", tokens) as server:
            for method, path, operation in self.operations():
                answer = self.ask(method, self.path(path, operation), operation,
                                  self.required(operation), server=server)
                self.assertEqual(answer.status, 401 if "401" in operation["responses"] else 200,
                                 path)
                answer = self.ask(method, self.path(path, operation), operation,
                                  self.required(operation),
                                  {"Authorization": "Bearer " + TOKEN}, server)
                self.assertNotEqual(answer.status, 401, path)

    def test_page(self):
        page = self.server.ask("/api").body.decode()
        for method, path, _ in self.operations():
            self.assertIn("%s %s" % (method.upper(), path), page)
        self.assertEqual(page.count("<script"), 1)
        self.assertIn('<script src="/sheaf.js" defer></script>', page)


if __name__ == "__main__":
    unittest.main()
