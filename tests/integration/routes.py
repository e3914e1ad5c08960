"""The route table as web/openapi.yaml writes it (test-web-routes holds that file against the table in C), read line by line."""
import re

ALL = ["viewer", "handler", "clerk", "editor", "approver", "supervisor", "admin"]


class Route:
    def __init__(self, method, path):
        self.method, self.path = method, path
        self.open, self.duties, self.action, self.params, self.required = False, None, None, [], []

    def api(self):
        return self.path.startswith("/api/v1/")

    def at(self, ident="1"):
        return re.sub(r"\{(\w+)\}", lambda m: {"name": "app.css", "path": "feed.atom"}.get(m.group(1), ident), self.path)

    def __repr__(self):
        return f"{self.method} {self.path}"


def read(path):
    out, at, route = [], None, None
    for line in open(path, encoding="utf-8"):
        if m := re.match(r"  (/\S*):\s*$", line):
            at = m.group(1)
        elif at and (m := re.match(r"    (get|post):\s*$", line)):
            route = Route(m.group(1).upper(), at)
            out.append(route)
        elif route and re.match(r"      security: \[\]", line):
            route.open = True
        elif route and (m := re.match(r"      x-duties: \[(.*)\]", line)):
            route.duties = [d.strip() for d in m.group(1).split(",")]
        elif route and (m := re.match(r"      x-action: (\S+)", line)):
            route.action = m.group(1)
        elif route and (m := re.match(r"        - \{ name: (\w+), in: query, required: (\w+)", line)):
            route.params.append(m.group(1))
            if m.group(2) == "true":
                route.required.append(m.group(1))
        elif route and (m := re.match(r"              required: \[(.*)\]", line)):
            route.required = [d.strip() for d in m.group(1).split(",")]
        elif route and (m := re.match(r"                (\w+): \{ type", line)):
            route.params.append(m.group(1))
    return out
