"""Clients of clouds: their verbs say what they do, and a few answers hold secrets."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.reading.argv import Word
from tocsin.running.allow.harm import DESTROYS, TELLS, WORKS
from tocsin.running.allow.judged import Judged, Nested

_AWS = re.compile(
    r"sts get-caller-identity|s3 ls|logs (tail|describe-log-(groups|streams)|filter-log-events"
    r"|get-log-events)|cloudwatch (describe-alarms|describe-alarm-history|list-metrics"
    r"|get-metric-(statistics|data))|ec2 describe-(instances|instance-status"
    r"|volumes|volume-status|subnets|vpcs"
    r"|security-groups|addresses|availability-zones|snapshots|network-interfaces|route-tables|regions"
    r"|nat-gateways)|rds describe-(db-instances|db-clusters|events|db-log-files"
    r"|pending-maintenance-actions|db-cluster-snapshots|db-snapshots)"
    r"|iam (list-users|list-roles|get-account-summary)"
    r"|ecs (describe-(services|clusters)|list-(services|clusters|tasks|container-instances))"
    r"|eks (describe-(cluster|nodegroup)|list-(clusters|nodegroups))"
    r"|elbv2 describe-(target-health|load-balancers|target-groups|listeners)"
    r"|elb describe-(instance-health|load-balancers)|autoscaling describe-(auto-scaling-groups"
    r"|scaling-activities|auto-scaling-instances)|application-autoscaling describe-scal[a-z-]+"
    r"|elasticache describe-(cache-clusters|replication-groups|events)|health describe-events"
    r"|sqs (get-queue-attributes|list-queues|get-queue-url)|sns list-topics"
    r"|dynamodb (describe-table|list-tables)|route53 list-(hosted-zones|resource-record-sets)"
    r"|route53 get-health-check-status"
    r"|s3api (list-buckets|list-objects(-v2)?|get-bucket-(location|versioning))"
    r"|cloudformation (describe-stack-events|list-stacks|describe-stack-resources)"
    r"|kafka (list-clusters|describe-cluster)|acm (list-certificates|describe-certificate)"
    r"|cloudfront list-distributions|secretsmanager list-secrets|kinesis describe-stream(-summary)?"
    r"|lambda (get-alias|list-aliases|get-function-concurrency|list-event-source-mappings)"
    r"|apigateway get-(rest-apis|deployments)|cloudwatch (get-dashboard|list-dashboards)"
    r"|logs describe-metric-filters|ec2 describe-(images|tags|internet-gateways|network-acls)"
    r"|rds describe-(db-cluster-endpoints|db-engine-versions|db-subnet-groups)"
    r"|eks (list-addons|describe-addon|list-updates|describe-update)|elbv2 describe-rules"
    r"|s3api (list-object-versions|get-bucket-(lifecycle-configuration|encryption)"
    r"|head-(object|bucket))"
    r"|ecr (describe-repositories|describe-images|list-images)|efs describe-file-systems"
    r"|kinesis list-(streams|shards)|redshift describe-clusters|docdb describe-db-clusters"
    r"|elasticbeanstalk describe-(environments|environment-health|events)|events list-rules"
    r"|stepfunctions list-(state-machines|executions)|batch (list-jobs|describe-job-queues)"
    r"|ses get-send-(quota|statistics)|kms (list-aliases|describe-key)|wafv2 list-web-acls"
    r"|cloudtrail (describe-trails|get-trail-status)|guardduty list-(detectors|findings)"
    r"|backup list-(backup-jobs|recovery-points-by-backup-vault)|opensearch describe-domain"
)
# They read a file, ask somebody else, or print what the answer keeps back.
_AWS_DOUBTS = ("--endpoint-url", "--cli-input-json", "--cli-input-yaml", "--debug", "--ca-bundle",
               "--no-verify-ssl", "--generate-cli-skeleton", "--cli-auto-prompt",
               "--with-decryption", "--include-values")  # fmt: skip
_ELSEWHERE = re.compile(r"@|fileb?://|https?://(?!sqs\.[a-z0-9-]+\.amazonaws\.com/)")
_ACCOUNT = re.compile(r"--(flags-file|log-http|impersonate|access-token|account|configuration)")
_TO_A_FILE = frozenset({"get-object", "get-object-torrent", "get-job-output"})
_LOOKS = re.compile(
    r"(describe|list|get|ls|show|read|tail|filter|lookup|batch-get|head|scan|query)(?!-credentials)(-[a-z0-9-]+)?"
)
_GCLOUD = re.compile(
    r"(compute (instances|disks|addresses|networks|firewall-rules|forwarding-rules"
    r"|backend-services)"
    r"|container (clusters|node-pools|operations)|sql (instances|operations|backups)"
    r"|run (services|revisions)|pubsub (topics|subscriptions)|projects|functions|dns managed-zones"
    r"|redis instances|app (versions|services)|monitoring dashboards|config) list"
    r"|((alpha|beta) )?monitoring policies list|container images (list|list-tags)"
    r"|artifacts (repositories|docker images) list|storage (ls|buckets list)"
    r"|(run services|run|app|functions) logs read"
    r"|sql instances describe|pubsub subscriptions describe|logging read"
)
_DESCRIBES = re.compile(
    r"(run (services|revisions)|compute (instances|disks)|container (clusters|node-pools)"
    r"|sql instances|functions|app (versions|services)|redis instances) describe [\w.-]+"
)
_STATE = re.compile(r"value\(status(\.[A-Za-z]+)*\)")
_AZ = re.compile(
    r"(vm|aks|aks nodepool|group|acr|webapp|webapp (vnet-integration|config ssl)|postgres server"
    r"|network (vnet|nsg|nsg rule|public-ip|lb|private-endpoint|vnet subnet)"
    r"|monitor (metrics|activity-log)|resource) (list|show)|account show"
)


def cloud(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a call of a cloud by its service and verb."""
    texts = [word.text for word in words]
    line = " ".join(texts)
    asked = _asked(texts)
    if TELLS.search(line):
        judged.fall(f"{words[0].text} prints a secret", Risk.SECRET)
    elif DESTROYS.search(line):
        judged.fall(f"{words[0].text} loses data, work or access", Risk.DESTROY)
    elif not _is_look(texts[0], asked):
        judged.fall(f"{words[0].text} is not known to only look", Risk.CHANGE)
    elif not (_is_listed(texts[0], " ".join(asked)) or _is_state(texts, asked)) or _doubtful(texts):
        judged.fall("it looks, but is not on the list of what runs unattended")
    _follows(words, asked, judged)


def _asked(texts: list[str]) -> list[str]:
    """Return the words before the first option: service and verb, for gcloud and az groups."""
    rest = texts[1:]
    while len(rest) > 1 and rest[0] in ("--region", "--profile", "--project"):
        rest = rest[2:]
    ends = next((at for at, text in enumerate(rest) if text.startswith("-")), len(rest))
    return rest[:ends]


def _is_look(name: str, asked: list[str]) -> bool:
    verbs = asked[1:2] if name == "aws" else asked[1:4]
    acts = any(WORKS.search(verb) or verb in _TO_A_FILE for verb in verbs[:1]) and name == "aws"
    return any(_LOOKS.fullmatch(verb) for verb in verbs) and not acts


def _is_listed(name: str, asked: str) -> bool:
    listed = {"aws": _AWS, "gcloud": _GCLOUD, "az": _AZ}[name]
    found = listed.match(asked)
    return bool(found) and asked[found.end() : found.end() + 1] in ("", " ") if found else False


def _is_state(texts: list[str], asked: list[str]) -> bool:
    """Whether gcloud is asked to describe something, and to print of it the state alone."""
    forms = [text.removeprefix("--format=") for text in texts if text.startswith("--format=")]
    forms += [texts[at + 1] for at, text in enumerate(texts[:-1]) if text == "--format"]
    describes = texts[0] == "gcloud" and _DESCRIBES.fullmatch(" ".join(asked))
    return bool(describes) and len(forms) == 1 and bool(_STATE.fullmatch(forms[0]))


def _doubtful(texts: list[str]) -> bool:
    """Whether an option or a value asks for more than the answer, or is not plainly read."""
    options = [text.partition("=")[0] for text in texts if text.startswith("-")]
    if any(not re.fullmatch(r"--[a-z][a-z0-9-]+|-[ogn]", option) for option in options):
        return True
    if any(doubt.startswith(option) for option in options for doubt in _AWS_DOUBTS):
        return True
    told = [text.partition("=")[2] or text for text in texts]
    return any(_ELSEWHERE.match(one) for one in told) or any(map(_ACCOUNT.match, options))


def _follows(words: list[Word], asked: list[str], judged: Judged) -> None:
    if words[0].text != "aws" and re.search(r"\blogs? tail\b", " ".join(asked)):
        judged.fall("it follows for ever", Risk.ENDLESS)
    if asked[:2] != ["logs", "tail"]:
        return
    for word in words:
        if word.text == "--follow":
            judged.fall("it follows for ever", Risk.ENDLESS, (word.start, word.end, ""))
