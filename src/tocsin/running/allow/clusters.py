"""What a client is asked to show of an object: where its state is public and its settings not."""

from __future__ import annotations

import re

_STEP = r"(?:\.[A-Za-z]\w*|\[(?:\*|-?\d+|\d*:\d*)\])"
_PATH = re.compile(rf"{_STEP}+")
_LEAVES = frozenset(
    {"name", "namespace", "replicas", "nodeName", "image", "creationTimestamp", "kind", "uid",
     "cpu", "memory", "storage", "type", "clusterIP", "port", "nodePort", "protocol", "host",
     "generation", "storageClassName", "unschedulable", "schedule", "suspend", "minReplicas",
     "maxReplicas", "deletionTimestamp", "restartPolicy", "provisioner", "apiVersion", "capacity"}
)  # fmt: skip
_SETTINGS_OF = frozenset(
    {"data", "stringData", "binaryData", "env", "envFrom", "args", "command", "annotations",
     "value", "values", "parameters", "valuesObject"}
)  # fmt: skip
_WORDS = re.compile(r"(?:range|end|if|else|json|len|not|eq|ne|and|or|println)")
_ROOTS = frozenset({"State", "Name", "Id", "Created", "Image", "RestartCount", "NetworkSettings",
                    "Mounts", "Platform", "Driver", "SizeRw", "SizeRootFs"})  # fmt: skip
_FIELDS = frozenset({"IPAddress", "Gateway", "Source", "Destination", "Type", "Status", "Output",
                     "ExitCode", "Start", "End", "HostPort", "HostIp", "MacAddress"})  # fmt: skip
_SETTINGS = re.compile(
    r"\.HostConfig\.(Memory\w*|NanoCpus|Cpu\w+|RestartPolicy(\.\w+)?|PortBindings|NetworkMode"
    r"|PidsLimit|OomKillDisable|LogConfig\.Type)|\.Config\.(Image|Hostname|User|Healthcheck)"
)

_OPEN = """
    node nodes no namespace namespaces ns persistentvolume persistentvolumes pv
    persistentvolumeclaim persistentvolumeclaims pvc horizontalpodautoscaler
    horizontalpodautoscalers hpa poddisruptionbudget poddisruptionbudgets pdb endpoints ep
    endpointslice endpointslices event events ev networkpolicy networkpolicies netpol
    resourcequota resourcequotas quota limitrange limitranges limits lease leases
    priorityclass priorityclasses service services svc clusteroperator clusteroperators co
    clusterversion
    """
OPEN_KINDS = frozenset(_OPEN.split())
"""Kinds of objects that may be printed whole: nothing of them is a setting of a program."""


def shows_state(form: str) -> bool:
    """Whether kubectl's `-o` asks for nothing but names, figures and states."""
    kind, _, asked = form.partition("=")
    if kind in ("wide", "name") and not asked:
        return True
    if kind == "jsonpath":
        return _only_paths(asked)
    columns = [column.partition(":") for column in asked.split(",")]
    plain = all(re.fullmatch(r"[\w -]+", head) for head, _, _ in columns)
    paths = [path for _, _, path in columns]
    return kind == "custom-columns" and plain and all(map(_is_state, paths))


def _only_paths(asked: str) -> bool:
    """Whether a jsonpath template prints states only; a filter may look at anything else."""
    for inside in re.findall(r"\{([^{}]*)\}", asked):
        ranged = inside.startswith("range ")
        path = re.sub(r"\[\?\([^()]*\)\]", "[*]", inside.removeprefix("range ")).strip()
        if re.fullmatch(r"end|\"[^\"{}]*\"|'[^'{}]*'", path):
            continue
        if not _PATH.fullmatch(path) or not (ranged or _is_state(path)):
            return False
        if ranged and not re.fullmatch(r"\.items(\[\*\])?|.*\.status\..*", path):
            return False
    return bool(asked) and asked.count("{") == len(re.findall(r"\{[^{}]*\}", asked))


def _is_state(path: str) -> bool:
    steps = re.findall(r"[A-Za-z]\w*", path)
    if not _PATH.fullmatch(path) or _SETTINGS_OF & set(steps):
        return False
    inner = [step for step in steps if step != "items"]
    return inner[:1] == ["status"] or (bool(inner) and inner[-1] in _LEAVES)


def shows_little(template: str) -> bool:
    """Whether docker's `--format` asks for nothing of the environment a container is given."""
    asked = re.findall(r"\{\{([^{}\n]*)\}\}", template)
    if not asked or template.count("{{") != len(asked):
        return False
    for inside in asked:
        rest = _SETTINGS.sub("", re.sub(r"\"[^\"]*\"", "", inside))
        for part in rest.replace("(", " ").replace(")", " ").split():
            if not (_WORDS.fullmatch(part) or part.isdigit() or _is_field(part)):
                return False
    return True


def _is_field(part: str) -> bool:
    steps = part.split(".")
    named = part.startswith(".") and all(re.fullmatch(r"\w+", step) for step in steps[1:])
    return named and (steps[1] in _ROOTS or (len(steps) == 2 and steps[1] in _FIELDS))
