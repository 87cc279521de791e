"""The metrics Tocsin knows without being told, by the words runbooks use for them.

The first that fits is taken, so what is special stands above what is general. The series are
those of the usual exporters; docs/reference/metrics.md lists them for readers.
"""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.metric import Aggregate, Metric, Shape, Unit

_FAILING = "failing failed down unreachable unavailable unhealthy dead stopped missing absent"
_DOWN = dict.fromkeys(_FAILING.split(), 0.0)
_DISK = '{fstype!~"tmpfs|overlay|squashfs"}'
_JOB = ("job",)
_FAILED_LOGIN = (
    "fail|failed|failure|invalid|unsuccessful",
    "login|logon|auth|authentication|signin",
)
_WAITING = (
    "queue|backlog|pending|waiting",
    "job|message|task|depth|length|size|queue|backlog|item",
)
_NOT_HTTP = "job|task|message|login|auth|backup|delivery|payment|order|build|webhook|budget|burn"
_DISKS = ("disk|filesystem|storage|volume",)
_NOT_DISK = "call|request|traffic|order|sale"
_NOT_AN_ANSWER = (
    "queue|lag|replication|downtime|uptime|recovery|age|wait|idle|since|job|build|deploy"
    "|deployment|backup|startup|boot|heartbeat"
)

CATALOGUE: tuple[Metric, ...] = (
    Metric(
        name="certificate expiry", words=("certificate|cert|ssl|tls",),
        shape=Shape.UNTIL, unit=Unit.SECONDS, series="probe_ssl_earliest_cert_expiry",
    ),
    Metric(
        name="backup age", words=("backup",), without="duration|took|size",
        shape=Shape.SINCE, unit=Unit.SECONDS, aggregate=Aggregate.MAX, by=("cronjob",),
        series='kube_cronjob_status_last_successful_time{cronjob=~".*backup.*"}',
    ),
    Metric(
        name="replication lag", words=("replication|replica|standby", "lag|delay|behind"),
        shape=Shape.GAUGE, unit=Unit.SECONDS, series="pg_replication_lag_seconds",
    ),
    Metric(
        name="consumer lag", words=("consumer|kafka|topic", "lag|behind"),
        shape=Shape.GAUGE, unit=Unit.COUNT, by=("consumergroup",),
        series="kafka_consumergroup_lag",
    ),
    Metric(
        name="circuit breaker", words=("circuit", "breaker"),
        shape=Shape.GAUGE, unit=Unit.STATE, states={"open": 1.0},
        series='resilience4j_circuitbreaker_state{state="open"}',
    ),
    Metric(
        name="failed logins per second",
        words=_FAILED_LOGIN,
        shape=Shape.RATE, unit=Unit.PER_SECOND, by=_JOB,
        series='login_attempts_total{result="failure"}',
    ),
    Metric(
        name="failed logins",
        words=_FAILED_LOGIN,
        shape=Shape.INCREASE, unit=Unit.COUNT, by=_JOB,
        series='login_attempts_total{result="failure"}',
    ),
    Metric(
        name="cache misses", words=("cache", "miss|misses"),
        shape=Shape.SHARE, unit=Unit.RATIO, by=_JOB, series="redis_keyspace_misses_total",
        whole=("redis_keyspace_hits_total", "redis_keyspace_misses_total"),
    ),
    Metric(
        name="cache hits", words=("cache", "hit"),
        shape=Shape.SHARE, unit=Unit.RATIO, by=_JOB, series="redis_keyspace_hits_total",
        whole=("redis_keyspace_hits_total", "redis_keyspace_misses_total"),
    ),
    Metric(
        name="rate limited requests", without="cpu",
        words=("429|throttled|throttling|limited|limiting", "429|request|call|client|rate"),
        shape=Shape.SHARE, unit=Unit.RATIO, by=_JOB,
        series='http_requests_total{status="429"}', whole=("http_requests_total",),
    ),
    Metric(
        name="availability", words=("availability|success|successful|uptime",),
        shape=Shape.SHARE, unit=Unit.RATIO, by=_JOB, complement=True,
        series='http_requests_total{status=~"5.."}', whole=("http_requests_total",),
    ),
    Metric(
        name="error rate", words=("error|5xx|500|failure|failed|failing",),
        without=_NOT_HTTP,
        shape=Shape.SHARE, unit=Unit.RATIO, by=_JOB,
        series='http_requests_total{status=~"5.."}', whole=("http_requests_total",),
    ),
    Metric(
        name="errors per second", words=("error|5xx|500|failure|failed",),
        without=_NOT_HTTP,
        shape=Shape.RATE, unit=Unit.PER_SECOND, by=_JOB,
        series='http_requests_total{status=~"5.."}',
    ),
    Metric(
        name="requests per second", words=("request|traffic|throughput|rps|qps",),
        shape=Shape.RATE, unit=Unit.PER_SECOND, by=_JOB, series="http_requests_total",
    ),
    Metric(
        name="connection use", words=("connection",), without="refused|failed|error|idle",
        shape=Shape.FRACTION, unit=Unit.RATIO, by=("instance",),
        series="pg_stat_activity_count", whole=("pg_settings_max_connections",),
    ),
    Metric(
        name="active connections", words=("connection",), without="refused|failed|idle|waiting",
        shape=Shape.GAUGE, unit=Unit.COUNT, by=("instance",),
        series='pg_stat_activity_count{state="active"}',
    ),
    Metric(
        name="queue depth", words=_WAITING, without="dead|letter|failed",
        shape=Shape.GAUGE, unit=Unit.COUNT, by=("queue",),
        series="rabbitmq_queue_messages_ready",
    ),
    Metric(
        name="restarts", words=("restart|crash|crashloop|oomkilled",),
        shape=Shape.INCREASE, unit=Unit.COUNT, by=("namespace", "pod"),
        window=timedelta(minutes=15), series="kube_pod_container_status_restarts_total",
    ),
    Metric(
        name="free disk", words=("disk|filesystem|storage|volume", "free|available|remaining|left"),
        shape=Shape.FRACTION, unit=Unit.RATIO,
        series=f"node_filesystem_avail_bytes{_DISK}", whole=(f"node_filesystem_size_bytes{_DISK}",),
    ),
    Metric(
        name="used disk", words=_DISKS, suits="> >= ==", without=_NOT_DISK,
        shape=Shape.FRACTION, unit=Unit.RATIO, complement=True,
        series=f"node_filesystem_avail_bytes{_DISK}", whole=(f"node_filesystem_size_bytes{_DISK}",),
    ),
    Metric(
        name="free disk", words=_DISKS, suits="< <=",
        without=f"used|usage|utilization|utilisation|full|{_NOT_DISK}",
        shape=Shape.FRACTION, unit=Unit.RATIO,
        series=f"node_filesystem_avail_bytes{_DISK}", whole=(f"node_filesystem_size_bytes{_DISK}",),
    ),
    Metric(
        name="free disk in bytes", words=_DISKS, suits="< <=", without=_NOT_DISK,
        shape=Shape.GAUGE, unit=Unit.BYTES, series=f"node_filesystem_avail_bytes{_DISK}",
    ),
    Metric(
        name="free memory", words=("memory|ram", "free|available|remaining|left"),
        shape=Shape.FRACTION, unit=Unit.RATIO,
        series="node_memory_MemAvailable_bytes", whole=("node_memory_MemTotal_bytes",),
    ),
    Metric(
        name="used memory", words=("memory|ram",), suits="> >= ==",
        shape=Shape.FRACTION, unit=Unit.RATIO, complement=True,
        series="node_memory_MemAvailable_bytes", whole=("node_memory_MemTotal_bytes",),
    ),
    Metric(
        name="free memory in bytes", words=("memory|ram", "free|available|remaining|left"),
        shape=Shape.GAUGE, unit=Unit.BYTES, series="node_memory_MemAvailable_bytes",
    ),
    Metric(
        name="process memory", words=("memory|ram|rss|heap",), suits="> >=",
        shape=Shape.GAUGE, unit=Unit.BYTES, series="process_resident_memory_bytes",
    ),
    Metric(
        name="CPU use", words=("cpu|processor",),
        shape=Shape.RATE, unit=Unit.RATIO, by=("instance",), aggregate=Aggregate.AVG,
        complement=True, series='node_cpu_seconds_total{mode="idle"}',
    ),
    Metric(
        name="load", words=("load", "average|avg|system"),
        shape=Shape.GAUGE, unit=Unit.COUNT, series="node_load5",
    ),
    Metric(
        name="file descriptors", words=("descriptor|fds|files", "open|file|used|usage"),
        shape=Shape.FRACTION, unit=Unit.RATIO,
        series="process_open_fds", whole=("process_max_fds",),
    ),
    Metric(
        name="health check", words=("health|healthcheck|probe|endpoint|website|url",),
        shape=Shape.GAUGE, unit=Unit.STATE, states=_DOWN, series="probe_success",
    ),
    Metric(
        name="target up",
        words=("service|server|instance|target|host|node|api|app|application|backend|exporter|system",),
        shape=Shape.GAUGE, unit=Unit.STATE, states=_DOWN, series="up",
    ),
    Metric(
        name="latency",
        words=(
            "latency|response|duration|slow|time|took|percentile|median|quantile"
            "|p50|p75|p90|p95|p99|p999",
        ),
        without=_NOT_AN_ANSWER,
        shape=Shape.QUANTILE, unit=Unit.SECONDS, by=_JOB,
        series="http_request_duration_seconds_bucket",
    ),
)  # fmt: skip
