#!/usr/bin/env python3
"""tests/schema/schema.py: what of a document the specification's JSON Schema does not describe

usage: schema.py SPECIFICATION config|features|state FILE...
       schema.py SPECIFICATION properties

prints a line for each place: file, JSON pointer, and what is wrong there; exit status 1 if there is any. Or each
property of config.json, as tests/lint/properties.c prints those of the tables: linux.devices[].path.
"""
import json
import pathlib
import sys
import urllib.parse
import warnings

import jsonschema

warnings.filterwarnings("ignore", category=DeprecationWarning)  # of RefResolver: jsonschema 4.10 has no other


def pointer(path):
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


class Schema:
    def __init__(self, specification, kind):
        folder = pathlib.Path(specification).resolve() / "schema"
        self.documents = documents = {path.as_uri(): json.loads(path.read_text()) for path in folder.glob("*.json")}
        for document in documents.values():
            document.pop("id", None)  # an address of the web, from which the others would be looked for
        uri = (folder / f"{kind}-schema.json").as_uri()
        resolver = jsonschema.RefResolver(uri, documents[uri], store=documents)
        self.validator = jsonschema.Draft4Validator(documents[uri], resolver=resolver)

    def complaints(self, document):
        """(pointer, message), in the order of the pointers"""
        found = self.validator.iter_errors(document)
        return sorted((pointer(error.absolute_path), error.message) for error in found)

    def properties(self):
        return set(self._below(self.validator.schema, self.validator.resolver.base_uri, ""))

    def _below(self, node, uri, path):
        if "$ref" in node:
            uri, fragment = urllib.parse.urldefrag(urllib.parse.urljoin(uri, node["$ref"]))
            node = self.validator.resolver.resolve_fragment(self.documents[uri], fragment)
            yield from self._below(node, uri, path)
            return
        for key, value in node.get("properties", {}).items():
            name = f"{path}.{key}" if path else key
            yield name
            yield from self._below(value, uri, name)
        nodes = [(other, path) for word in ("allOf", "anyOf", "oneOf") for other in node.get(word, ())]
        nodes += [(other, f"{path}.*") for other in node.get("patternProperties", {}).values()]
        nodes += [(node.get("additionalProperties"), f"{path}.*"), (node.get("items"), f"{path}[]")]
        for other, name in nodes:
            if isinstance(other, dict):
                yield from self._below(other, uri, name)


def main(specification, kind, *files):
    if kind == "properties":
        print(*sorted(Schema(specification, "config").properties()), sep="\n")
        return 0
    schema = Schema(specification, kind)
    status = 0
    for name in files:
        for where, message in schema.complaints(json.loads(pathlib.Path(name).read_text())):
            print(f"{name}: {where}: {message[:200]}")
            status = 1
    return status


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
