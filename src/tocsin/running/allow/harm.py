"""Words that tell what a command does that is on no list."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.reading.argv import Word
from tocsin.running.allow.judged import Judged

# What is asked for in such a word is done, not looked at.
WORKS = re.compile(
    r"(^|[^a-z])(delete|remove|destroy|restart|reboot|shutdown|stop|start|kill|quit|reset|flush"
    r"|purge|clear|drop|disable|enable|reload|trigger|drain|rotate|retry|cancel|approve|logout"
    r"|unsubscribe|rebuild|reindex|deploy|rollback|ack|silence|execute|exec|run|set"
    r"|pause|resume|suspend|toggle|promote|demote|failover|scale|upgrade|update|create|add|import"
    r"|migrate|sync|refresh|replay|requeue|apply|invoke|notify|send|lock|unlock|seal|unseal|kick"
    r"|evict|ban|unban|abort|terminate|write|put|post|patch|insert|save|switch|activate"
    r"|deactivate|mute|unmute|snooze|invalidate|expire|truncate|wipe|erase|compact|release"
    r")([^a-z]|$)",
    re.IGNORECASE,
)
# The first that fits decides.
DESTROYS = re.compile(
    r"^(rm|rmdir|unlink|shred|truncate|dd|mkfs\S*|wipefs|fdisk|parted|dropdb|dropuser|userdel"
    r"|pg_restore|mongorestore|lvremove|vgremove|zfs destroy|crontab -r)\b"
    r"|^docker (rm|rmi|(system|volume|image|container|network|builder) (prune|rm|remove)|kill)\b"
    r"|^docker compose (rm|kill|down .*(-v\b|--volumes|--rmi))"
    r"|^kubectl (delete|drain)\b|^helm (uninstall|delete)\b"
    r"|^git (reset .*--hard|clean|push .*(--force|-f)\b|branch -D)|^terraform destroy"
    r"|^redis-cli .*\b(flush(db|all)|del|unlink|ltrim|shutdown|client kill)\b"
    r"|^(kill|pkill|killall) .*-(9|KILL|SIGKILL|s (9|KILL|SIGKILL))\b"
    r"|^aws s3 (rm|rb)\b|\bterminate-instances\b|^gcloud .*\bdelete\b|^az .*\bdelete\b"
    r"|^rabbitmqctl (purge|delete|reset|force_reset)|^iptables .*(-F|--flush|-X)\b"
    r"|^pm2 (delete|kill|flush)\b|^journalctl .*--vacuum|^(apt|apt-get|yum|dnf) (remove|purge)"
    r"|^\S*restore\S*(\s|$)|^artisan queue:(clear|flush)|^kafka-\S+ .*--delete\b|^fuser .*-\w*k"
    r"|^etcdctl del\b|^docker service rm\b|^(argocd app|velero backup|flux) delete\b"
    r"|^aws (--\S+ \S+ )*\S+ (delete|purge|terminate)-|^nft (flush|delete)\b|^mysqladmin .*\bdrop\b"
    r"|^rabbitmqadmin .*\b(delete|purge)\b|^pgbackrest .*\brestore\b"
    r"|^influx restore\b|^patronictl .*\bremove\b|^gsutil .*\b(rm|rb)\b"
    r"|^ceph osd (pool (delete|rm)|destroy|purge)\b|^postsuper .*-d\b|^celery .*\bpurge\b",
    re.IGNORECASE,
)
CODE_DESTROYS = re.compile(
    r"\b(DELETE\s+FROM|DROP\s+(TABLE|DATABASE)|TRUNCATE\s)|\bSET\s+\w+\s*=\s*'(cancell?ed|deleted)'"
    r"|\b(unlink|rmtree|rmdir|flush(db|all)|drop_all|delete_all|destroy_all)\b|os\.remove"
    r"|\.(delete|destroy|drop|clear|purge)\w*\(",
    re.IGNORECASE,
)
# It prints what only its owner should know.
TELLS = re.compile(
    r"^vault (kv get|read)\b|^aws (secretsmanager|ssm|ecr|sts|redshift|codeartifact|rds|sso)"
    r" (get-(secret-value|random-password|parameters?(-by-path)? .*--with-decryption|login-password"
    r"|login|authorization-token|session-token|federation-token|cluster-credentials"
    r"|role-credentials)|generate-db-auth-token|assume-role\S*)"
    r"|^gcloud (secrets versions access|auth (\S+ )?print-)"
    r"|^az .*list-publishing-(profiles|credentials)"
    r"|^az (keyvault secret (show|download)|account get-access-token|.* (keys|list-keys|credential)"
    r" (list|show)|.*list-keys|.*list-connection-strings|.*appsettings list)"
    r"|^helm get (values|all|manifest)|^terraform output .*(-raw|-json|passw|secret|token|key)"
    r"|^kubectl get secrets?\b.* (-o|--output)"
    r"|^redis-cli config get (\*|requirepass|masterauth|\S*pass)"
    r"|^docker inspect .*\.Env\b|^heroku config\b|^(pass|op (read|item get)|sops (-d|--decrypt))\b"
    r"|^etcdctl get .*secrets|^kubectl (config view .*--raw|create token)"
    r"|^kubectl whoami .*(-t|--show-token)"
    r"|^kubectl get secrets?[ /].*--template|^redis-cli acl (list|getuser)|^wg (showconf|genkey)"
    r"|^systemctl (show-environment|show .*Environment)|^pm2 (jlist|prettylist|env)\b|^php -i\b"
    r"|^gpg .*(--export-secret|--decrypt|-d\b)|^docker (container |image )inspect .*\.Env\b",
    re.IGNORECASE,
)
EDITORS = frozenset({"nano", "vi", "vim", "nvim", "emacs", "visudo", "vipw"})
TERMINAL = re.compile(
    r"^(nano|vi|vim|nvim|emacs|less|more|most|man|htop|atop|btop|iotop|iftop|nethogs|glances|tmux"
    r"|screen|mc|visudo|vipw|ncdu|psql|mysql|sqlite3|mongo|mongosh|redis-cli|python3?|node|irb|bash"
    r"|sh|zsh|top|watch|yes|ssh \S+|docker attach|pm2 monit|pm2 logs|docker events"
    r"|supervisorctl|gdb|telnet|ftp|sftp)$"
    r"|^(htop|iotop|iftop|less|more|nano|vim?|tcpdump|strace|yes|telnet|pm2 (monit|logs)|visudo"
    r"|crontab -e|systemctl edit|docker events|kubectl (edit|attach|port-forward|proxy)"
    r"|redis-cli .*(monitor|subscribe|--stat|--latency)|kafka-console-consumer|etcdctl watch"
    r"|mongostat|mongotop|tmux|screen|docker attach|busctl monitor"
    r"|supervisorctl (fg|(main)?tail .*-f)"
    r"|nvidia-smi .*-l|az (webapp|functionapp|containerapp) logs? tail"
    r"|(vercel|railway) logs .*(-f|--follow)"
    r"|gcloud .*\blogs tail|go tool pprof"
    r"|wrangler tail|mtr|perf (top|record)|kubectl (debug|rsh))\b",
    re.IGNORECASE,
)
# They also write what they see into a file.
RECORDS = re.compile(r"^(tcpdump .*-\w*[wz]\b|strace .*-\w*o\b|perf record\b)")
# A path of our own that says of itself that it looks. Never unattended all the same.
LOOKS = re.compile(
    r"^(\S*/)?[\w.-]*(check|valid|status|health|verify|diagnos|report|monitor|stats|list|show)[\w.-]*$"
)

_ACTS = re.compile(
    r"\b(revert|pull|push|commit|checkout|merge|rebase|install|uninstall|edit|attach|register|move|mv"
    r"|cp|copy|rename|bootstrap|init|grant|revoke|assign|label|annotate|taint|cordon|uncordon|expose"
    r"|debug|export|generate|build|login|rm|del|upload|publish|produce|restore|backup|dump|renew"
    r"|repair|optimize|fix)\b"
)
_RUNNERS = re.compile(r"(bundle exec|poetry run|pipenv run|uv run|npm exec) \S")
# A subcommand of that name, of whatever command.
_ASKS = re.compile(
    r"([\w.-]+:)*(list|ls|get|show|status|describe|info|version|inspect|health|healthcheck|check|top"
    r"|stats|history|ping|diff|view|query|report|verify|validate|doctor|whoami|tree|events|logs?"
    r"|failed|about|snapshots|collection-status|showmigrations|processes|topology|--version|--help|-V|version)(-[a-z-]+)?"
)
SAYS = {
    Risk.DESTROY: "loses data, work or access",
    Risk.CHANGE: "changes something",
    Risk.SECRET: "prints a secret",
    Risk.ENDLESS: "wants a terminal or never ends",
}
"""What a command does that has this risk, behind its name."""


def by_words(words: list[Word], judged: Judged) -> None:
    """Note what the words tell of a command that is on no list; without a word it is a change."""
    words = words[2:] if _RUNNERS.match(" ".join(word.text for word in words)) else words
    line = " ".join(word.text for word in words)
    line = re.sub(r"^(docker-compose|podman-compose)", "docker compose", line)
    line = re.sub(r"^podman ", "docker ", re.sub(r"^oc ", "kubectl ", line))
    named = _named(words, judged)
    if DESTROYS.search(line) or re.search(r"(^|/)\S*restore\S*\.\w+( |$)", line):
        judged.fall(f"{named} {SAYS[Risk.DESTROY]}", Risk.DESTROY)
    elif TELLS.search(line):
        judged.fall(f"{named} {SAYS[Risk.SECRET]}", Risk.SECRET)
    elif RECORDS.search(line):
        judged.fall(f"{named} writes a file", Risk.CHANGE)
    elif TERMINAL.search(line):
        judged.fall(f"{named} {SAYS[Risk.ENDLESS]}", Risk.ENDLESS)
    elif _says_it_looks(words):
        judged.fall(f"{named} says that it looks; nobody has checked")
    else:
        judged.fall(f"{named} is not known to only look", Risk.CHANGE)


def known_by_words(line: str) -> Risk | None:
    """Return what the words of a command say that it does beside looking, or None."""
    told = ((DESTROYS, Risk.DESTROY), (TELLS, Risk.SECRET), (RECORDS, Risk.CHANGE))
    found = (risk for words, risk in (*told, (TERMINAL, Risk.ENDLESS)) if words.search(line))
    return next(found, None)


def _named(words: list[Word], judged: Judged) -> str:
    """Return what to call it: the program, and the sub-command where it has some."""
    asked = words[1:2] if judged.catalogue.subcommands(words[0].text) else []
    plain = [word.text for word in asked if re.fullmatch(r"[a-z][a-z-]+", word.text)]
    return " ".join([words[0].text, *plain])


def _says_it_looks(words: list[Word]) -> bool:
    """Whether a script's name says that it looks, and no word of the call that it acts."""
    if words[0].text == "git" and words[1:] and words[1].text.startswith("-"):
        return False  # what is set there may be a command
    said = [word.text for word in words[1:] if "/" not in word.text]
    line = " ".join([words[0].text, *said]).replace("_", " ")
    line = re.sub(r"\S+:(status|list|show)\b", "status", line)  # `migrate:status` migrates nothing
    if WORKS.search(line) or _ACTS.search(line) or ">" in line:
        return False
    asked = [word.text for word in words[1:4]]
    return bool(LOOKS.match(words[0].text)) or any(map(_ASKS.fullmatch, asked))
