#!/usr/bin/env python3
"""tests/schema/examples.py: what the schema and brig make of each example of the specification

usage: examples.py SPECIFICATION PLAN_DUMP [EXPECTED]

The examples are the files of schema/test/config, and the pieces of JSON in config.md and config-linux.md but
for other platforms' ones. A piece stands in a config of its own, at the place that the schema has for its
keys. Each goes through brig's parser, policy and plan (tests/golden/plan_dump.c), under a policy that warns
where the default one refuses, for a host with SELinux. Prints for each its name, then

	schema accepts | schema refuses POINTER
	brig plans | brig refuses POINTER: why
	  + a finding of the policy that BASE below does not have; - one that BASE has

or, with EXPECTED, how that differs from what it says of the example; exit status 1 if it does, or if schema
and brig differ and no comment in front of the example tells why.
"""
import copy
import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # into the tree
from schema import Schema

BASE = {
    "ociVersion": "1.2.0",
    "process": {"cwd": "/", "args": ["sh"], "user": {"uid": 0, "gid": 0}},
    "root": {"path": "rootfs"},
    "linux": {"namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")]},
}
PLACES = [(), ("process",), ("linux",), ("linux", "resources")]
OTHER_PLATFORM = re.compile(r"\((Windows|Solaris)\)|/(freebsd|solaris|vm|windows|zos)-")
CASE = {
    "host": "full",
    "policy": {
        "base": "baseline",
        "rules": dict.fromkeys(
            ["device", "device-rule", "hook", "host-ipc", "host-namespace-path", "host-network", "host-pid",
             "mapping-host-ids", "mapping-pool", "namespace-place", "net-device", "sysctl", "unified"], "warn"),
    },
}


def pieces(path):
    """(heading, text) of each block of JSON"""
    heading, block = "", None
    for line in path.read_text().splitlines():
        if block is not None and line.strip() == "```":
            yield heading, "\n".join(block)
            block = None
        elif block is not None:
            block.append(line)
        elif line.startswith("#"):
            heading = line
        elif line.strip() == "```json":
            block = []


def members(text):
    """What is between braces, with them or without"""
    text = text.strip().rstrip(",")
    return json.loads(text if text.startswith("{") else "{" + text + "}")


def merge(base, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value


def placed(schema, piece):
    """A config with the piece at the place where its keys are known, best the one where its values fit"""
    properties, known = schema.properties(), []
    for place in PLACES:
        if all(".".join((*place, key)) in properties for key in piece):
            wrapped = piece
            for part in reversed(place):
                wrapped = {part: wrapped}
            config = copy.deepcopy(BASE)
            merge(config, wrapped)
            known.append((len(schema.complaints(config)), len(known), config))
    return min(known)[2] if known else None


def examples(specification, schema):
    """(name, text of a config.json)"""
    for path in sorted(specification.glob("schema/test/config/*/*.json")):
        if not OTHER_PLATFORM.search(str(path)):
            yield str(path.relative_to(specification)), path.read_text()
    for document in ("config.md", "config-linux.md"):
        seen = {}
        for heading, text in pieces(specification / document):
            if OTHER_PLATFORM.search(heading):
                continue
            try:
                piece = members(text)
            except ValueError:
                yield f"{document}: {text.split()[0]}", text
                continue
            config = placed(schema, piece)
            if config is None:
                continue  # the state that a seccomp agent gets
            name = f"{document}: {' '.join(piece)}"
            seen[name] = seen.get(name, 0) + 1
            yield name + (f" ({seen[name]})" if seen[name] > 1 else ""), json.dumps(config)


class Brig:
    """plan_dump, with a folder that looks to it like tests/golden"""

    def __init__(self, plan_dump, folder):
        host = pathlib.Path(__file__).resolve().parent.parent / "golden/hosts/full.json"
        self.plan_dump, self.case, self.made = plan_dump, folder / "cases/example", folder / "made"
        for path in (self.case, self.made, folder / "hosts"):
            path.mkdir(parents=True)
        (folder / "hosts/full.json").write_text(json.dumps(json.loads(host.read_text()) | {"selinux": True}))
        (self.case / "case.json").write_text(json.dumps(CASE))

    def judge(self, text):
        """(what it says, set of findings)"""
        for path in self.made.iterdir():
            path.unlink()
        (self.case / "config.json").write_text(text)
        subprocess.run([self.plan_dump, self.case, self.made], check=True)
        findings = set((self.made / "findings").read_text().splitlines())
        plan = self.made / "plan.json"
        if not plan.exists():
            return "brig refuses by policy", findings
        plan = json.loads(plan.read_text())
        if "error" not in plan:
            return "brig plans", findings
        where = plan["where"] and plan["where"] + ": "
        return "brig refuses " + where + plan["error"].removeprefix(where), findings


def schema_says(schema, text):
    try:
        complaints = schema.complaints(json.loads(text))
    except ValueError:
        return ["schema refuses: no JSON"]
    return [f"schema refuses {where}" for where, _ in complaints] or ["schema accepts"]


def judge_all(specification, plan_dump):
    """{name: lines}"""
    schema = Schema(specification, "config")
    judged = {}
    with tempfile.TemporaryDirectory() as folder:
        brig = Brig(plan_dump, pathlib.Path(folder))
        said, usual = brig.judge(json.dumps(BASE))
        if said != "brig plans":
            sys.exit(f"what the pieces are put into: {said}")
        for name, text in examples(specification, schema):
            said, findings = brig.judge(text)
            lines = [*schema_says(schema, text), said]
            # Not of what ended before policy was asked.
            if findings:
                lines += [f"  + {finding}" for finding in sorted(findings - usual)]
                lines += [f"  - {finding}" for finding in sorted(usual - findings)]
            judged[name] = lines
    return judged


def read_expected(path):
    """{name: lines}, and the names that a comment stands in front of"""
    expected, explained, comment = {}, set(), False
    for line in path.read_text().splitlines():
        if line.startswith("\t"):
            expected[name].append(line[1:])
        elif line and not line.startswith("#"):
            name = line
            expected[name] = []
            if comment:
                explained.add(name)
        comment = line.startswith("#")
    return expected, explained


def differ(lines):
    return (lines[0] == "schema accepts") == any(line.startswith("brig refuses") for line in lines)


def compare(judged, path):
    expected, explained = read_expected(path)
    status = 0
    for name, lines in judged.items():
        if lines != expected.get(name):
            print("\n".join(difflib.unified_diff(expected.get(name, []), lines, name, "is now", n=99, lineterm="")))
            status = 1
        elif differ(lines) and name not in explained:
            print(f"{path}: {name}: schema and brig differ, and nothing tells why")
            status = 1
    print(f"{len(judged)} examples")
    return status


def main(specification, plan_dump, expected=None):
    judged = judge_all(pathlib.Path(specification), plan_dump)
    if expected:
        return compare(judged, pathlib.Path(expected))
    for name, lines in judged.items():
        print(name, *lines, sep="\n\t")
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
