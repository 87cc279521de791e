"""Which SQL only looks. A read-only session is no fence: a function may do anything.

So one statement, of few kinds, with functions from a list; what the parser of another
database would see differently (nested comments, dollar quotes, backslashes) is refused.
"""

from __future__ import annotations

import logging
import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tocsin.core.risk import Risk, Verdict, worst

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it warns of, we refuse

_KNOWN = """
    abs age array_agg array_length array_to_string avg bit_length bool_and bool_or btrim
    cardinality ceil ceiling char_length character_length coalesce concat concat_ws
    count cume_dist current_database current_date current_time current_timestamp
    date date_add date_bin date_diff date_part date_sub date_trunc datetime dense_rank every
    exists extract first first_value floor greatest group_concat ifnull iif initcap instr
    json_agg json_array_length json_extract json_extract_path_text jsonb_array_length julianday
    justify_interval lag last_value lead least left length localtime localtimestamp lower lpad ltrim
    make_interval max md5 min mod now ntile nullif octet_length percent_rank
    percentile_cont percentile_disc pg_backend_pid pg_blocking_pids pg_column_size
    pg_database_size pg_indexes_size pg_is_in_recovery pg_last_wal_receive_lsn
    pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_current_wal_lsn pg_wal_lsn_diff
    pg_postmaster_start_time pg_relation_size pg_size_pretty pg_stat_get_activity pg_table_size
    pg_tablespace_size pg_total_relation_size pg_typeof position power rank regexp_replace
    replace reverse right round row_number rpad rtrim sign split_part sqrt stddev
    str_position strftime string_agg strpos strtotime substr substring sum time timestamp
    timestamp_trunc to_char to_timestamp total translate trim trunc typeof unixepoch upper
    variance version clock_timestamp statement_timestamp transaction_timestamp
    case cast and or xor not try_cast ts_or_ds_to_date ts_or_ds_to_timestamp str_to_time
    time_to_str unix_to_time array filter within_group json_extract_scalar jsonb_extract
    date_to_date_str current_user current_schema session_user array_size stddev_samp
    stddev_pop variance_pop var_pop var_samp timestamp_diff interval time_str_to_time parse_json
    logical_or logical_and array_concat_agg anonymous_agg quantile current_version
    if inet_server_addr inet_server_port inet_client_addr pg_walfile_name pg_conf_load_time
    pg_get_indexdef pg_get_constraintdef pg_get_viewdef pg_get_expr obj_description col_description
    format_type pg_tablespace_location pg_relation_filepath pg_encoding_to_char
    json_build_object jsonb_build_object json_array_elements
    jsonb_array_elements json_each jsonb_each jsonb_object_keys json_object_keys unnest
    regexp_matches regexp_split_to_array format quote_ident array_position exp ln log div
    width_bucket pg_size_bytes pg_relation_filenode
    has_table_privilege has_database_privilege has_schema_privilege json_object json_array
    pg_current_xact_id_if_assigned txid_current_if_assigned num_nonnulls bit_and bit_or explode
    """
# How the parser calls what is written otherwise: such a name itself is somebody's own function.
_AS_PARSED = re.compile(
    r"\b(try_cast|ts_or_ds_to_\w+|str_to_time|time_to_str|unix_to_time|json_extract_scalar"
    r"|jsonb_extract|date_to_date_str|array_size|timestamp_diff|time_str_to_time|parse_json"
    r"|logical_(or|and)|array_concat_agg|anonymous_agg|quantile|current_version|str_position"
    r"|timestamp_trunc|variance_pop|if|explode)\s*\(",
    re.IGNORECASE,
)
_TYPES = frozenset({"regclass", "pg_lsn", "oid", "xid", "name", "citext", "regrole", "regnamespace",
                   "regproc", "regprocedure", "regtype"})  # fmt: skip
_FUNCTIONS = frozenset(_KNOWN.split())
# Built in in MySQL, before any function of a team; elsewhere somebody may have such a function.
_MYSQL = """
    timestampdiff unix_timestamp from_unixtime date_format utc_timestamp utc_date utc_time
    timediff sec_to_time time_to_sec connection_id datediff str_to_date curdate curtime
    json_unquote hour minute second year month day dayofweek dayname monthname last_day week
    weekday quarter yearweek isnull inet_ntoa inet_aton substring_index find_in_set field elt
    hex adddate subdate period_diff microsecond
    """
_OF_MYSQL = frozenset(_MYSQL.split())
_LOOKING = frozenset({"current_setting", "generate_series", "exploding_generate_series",
                      "pg_ls_dir", "pg_ls_waldir", "pg_ls_logdir", "pg_stat_file", "row_to_json",
                      "to_json", "to_jsonb", "pg_sleep", "xmlelement"})  # fmt: skip
_WRITES = (
    exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Drop, exp.Alter, exp.Command, exp.TruncateTable,
    exp.Copy, exp.Set, exp.Pragma, exp.Use, exp.Transaction, exp.Commit, exp.Rollback, exp.Kill,
    exp.LoadData, exp.Attach, exp.Detach, exp.Merge, exp.Analyze,
)  # fmt: skip
_QUERIES = (exp.Select, exp.SetOperation)
_DESTROYS = re.compile(
    r"^\s*(DELETE|DROP|TRUNCATE)\b|\bDROP\s+(COLUMN|TABLE|DATABASE|POLICY|ROLE)\b"
    r"|\bDELETE\s+FROM\b|\bpg_terminate_backend\b|^\s*VACUUM\s+FULL\b|^\s*(PURGE|RESET)\s+(BINARY|MASTER|SLAVE|REPLICA)\b|\bTRUNCATE\s|^\s*KILL\b",
    re.IGNORECASE | re.MULTILINE,
)
_TERMINATES = re.compile(r"\bpg_terminate_backend\b", re.IGNORECASE)
_BEGINS = re.compile(r"[\s(]*(SELECT|WITH)\b", re.IGNORECASE)
_PERSONAL = frozenset(
    {"users", "user", "global_priv", "accounts", "customers", "sessions", "api_keys", "credentials"}
)
_GIVEN_UP = frozenset({"cancelled", "canceled", "deleted", "discarded", "abandoned", "aborted"})
_HARMLESS_ESCAPE = re.compile(r"\\[sdwbSDWB.](?!')")
_ODD = re.compile(r"/\*|\\|\$\w*\$|[^\x20-\x7e\n\t]|\{[{%#]")
_QUOTED_CALL = re.compile(r'["`\]]\s*\(')
_SHOW = re.compile(r"\s*SHOW\s+[a-z_]+(\.[a-z_]+)?\s*;?\s*", re.IGNORECASE)
_EXPLAIN_RUNS = re.compile(
    r"\s*EXPLAIN\s+(?:\((?:[^()]*)\)|(?:ANALY[ZS]E|VERBOSE)(?:\s+VERBOSE)?)\s*(?=SELECT|WITH|\()",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(
    r"\s*EXPLAIN\s+(?:QUERY\s+PLAN\s+)?"
    r"(?:\(\s*(?:(?:FORMAT|COSTS|VERBOSE)(?:\s+(?:TEXT|JSON|XML|YAML|ON|OFF))?\s*,?\s*)+\)\s*)?"
    r"(?=\S)(?!ANALY|\(|VERBOSE)",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\bpg_(shadow|authid|user_mappings?|hba_file_rules|subscription|largeobject)\b|passw|secret|token|api_?key|credential"
    r"|private_key|\bsqlite_dbpage\b|\bpg_file_settings\b"
    r"|conninfo|passphrase|_command\b|authentication_string|\bmysql\s*\.\s*\w+|user_mapping_options|\bfsdir\b|\bzipfile\b|\bkrb_",
    re.IGNORECASE,
)

_PRAGMA_LOOKS = re.compile(
    r"\s*PRAGMA\s+(integrity_check|quick_check|foreign_key_check|journal_mode|user_version|page_count"
    r"|freelist_count|database_list|compile_options|table_info\(\w+\)|index_list\(\w+\))\s*;?\s*",
    re.IGNORECASE,
)
_MYSQL_SHOWS = re.compile(
    r"SHOW ((FULL )?PROCESSLIST"
    r"|(GLOBAL |SESSION )?(STATUS|VARIABLES)((?: WHERE variable_name)? (LIKE|=) '[\w%]+')?"
    r"|ENGINE INNODB STATUS|(SLAVE|REPLICA|MASTER|BINARY LOG) STATUS|BINARY LOGS|DATABASES"
    r"|SLAVE HOSTS|REPLICAS|(FULL )?TABLES( FROM \w+)?|TABLE STATUS( FROM \w+)?( LIKE '[\w%]+')?"
    r"|OPEN TABLES|(INDEX|COLUMNS) FROM [\w.]+|CREATE TABLE [\w.]+|ENGINES|WARNINGS|ERRORS)",
    re.IGNORECASE,
)
_MYSQL_ODD = re.compile(r"[#@`]|:=")  # variables that it sets in passing, names, remarks
_SHOWS_SECRETS = re.compile(rf"\bALL\b|{_SECRET.pattern}", re.IGNORECASE)


def judge_sql(text: str, dialect: str = "postgres") -> Verdict:
    """Return what a piece of SQL may do; `auto` only for one plain query."""
    shown = _showing(text, dialect)
    if shown is not None:
        return shown
    verdict = _judged(text, dialect)
    if verdict.auto and dialect == "mysql" and _MYSQL_ODD.search(text):
        return Verdict(risk=Risk.READ, why=("mysql may read this differently",))
    return verdict


def _showing(text: str, dialect: str) -> Verdict | None:
    """Return the verdict on what shows something of the database itself, None on all else."""
    if dialect == "mysql" and _MYSQL_SHOWS.fullmatch(text.strip().removesuffix(";").rstrip()):
        return Verdict(risk=Risk.READ, auto=True, why=("it shows what the server knows",))
    if dialect == "sqlite" and _PRAGMA_LOOKS.fullmatch(text):
        return Verdict(risk=Risk.READ, why=("it is a pragma; a long one may hold the database up",))
    if not _SHOW.fullmatch(text):
        return None
    if dialect == "mysql":
        return Verdict(risk=Risk.READ, why=("it shows what is not on the list",))
    if _SHOWS_SECRETS.search(text):
        return Verdict(risk=Risk.SECRET, why=("it shows settings that may hold secrets",))
    return Verdict(risk=Risk.READ, auto=True, why=("it shows a setting",))


def _judged(text: str, dialect: str) -> Verdict:
    if "/*!" in text and not _DESTROYS.search(text):
        return Verdict(risk=Risk.CHANGE, why=("MySQL runs what stands in such a comment",))
    if runs := _EXPLAIN_RUNS.match(text):
        inner = judge_sql(text[runs.end() :], dialect)
        if inner.risk in (Risk.READ, Risk.SECRET) and not _EXPLAIN.match(text):
            return Verdict(risk=inner.risk, why=("EXPLAIN in this form runs what it explains",))
    explained = _EXPLAIN.match(text)
    query = text[explained.end() :] if explained else text
    try:
        found = [one for one in sqlglot.parse(query, read=dialect) if one is not None]
    except (SqlglotError, RecursionError, ValueError):
        found = []
    if len(found) != 1 or not isinstance(found[0], _QUERIES):
        return _acting(text, found, dialect)
    return _query(query, found[0], dialect)


def _acting(text: str, found: list[exp.Expr], dialect: str) -> Verdict:
    """Return the verdict on what is not exactly one query."""
    if _DESTROYS.search(text) or any(_gives_up(one) for one in found):
        return Verdict(risk=Risk.DESTROY, why=("it deletes or ends something for good",))
    if re.match(r"\s*EXPLAIN\b", text, re.IGNORECASE) and len(found) == 1:
        return Verdict(risk=Risk.CHANGE, why=("EXPLAIN in this form may run what it explains",))
    if len(found) > 1 and all(isinstance(one, _QUERIES) for one in found):
        risk = worst([_query(text, one, dialect).risk for one in found])
        return Verdict(risk=risk, why=("it is more than one statement",))
    return Verdict(risk=Risk.CHANGE, why=("it is not a plain query",))


def _gives_up(tree: exp.Expr) -> bool:
    """Whether it marks rows as not to be worked on any more."""
    changed = tree.args.get("expressions", []) if isinstance(tree, exp.Update) else []
    return any(isinstance(one, exp.EQ) and one.expression.name in _GIVEN_UP for one in changed)


def _ending(text: str, tree: exp.Expr) -> Verdict:
    """Return the verdict on what ends something: sessions that do nothing lose nothing."""
    if _only_idle(tree) and not _DESTROYS.search(_TERMINATES.sub("", text)):
        return Verdict(risk=Risk.CHANGE, why=("it ends sessions that do nothing",))
    return Verdict(risk=Risk.DESTROY, why=("it deletes or ends something for good",))


def _only_idle(tree: exp.Expr) -> bool:
    """Whether it asks for sessions that are idle, with no transaction open."""
    where = tree.args.get("where")
    if where is None:
        return False
    conditions = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    idle = ("state", "idle")
    return any(isinstance(one, exp.EQ) and (one.this.name, one.expression.name) == idle
               for one in conditions)  # fmt: skip


def _query(text: str, tree: exp.Expr, dialect: str) -> Verdict:
    if _DESTROYS.search(text):
        return _ending(text, tree)
    if any(isinstance(node, _WRITES) for node in tree.walk()):
        return Verdict(risk=Risk.CHANGE, why=("a part of it writes or locks",))
    if _of_others(text, tree):
        return Verdict(risk=Risk.CHANGE, why=("it calls a function or operator of somebody's own",))
    unknown = sorted(_called(tree) - _FUNCTIONS - _LOOKING - _OF_MYSQL)
    if unknown:
        return Verdict(
            risk=Risk.CHANGE, why=(f"the function {unknown[0]} is not known to only look",)
        )
    if _SECRET.search(text):
        return Verdict(risk=Risk.SECRET, why=("it reads what looks like secrets",))
    if reason := _doubt(text, tree, dialect):
        return Verdict(risk=Risk.READ, why=(reason,))
    if tree.find(exp.Placeholder, exp.Parameter):
        return Verdict(risk=Risk.READ, why=("something in it is still to be filled in",))
    return Verdict(risk=Risk.READ, auto=True, why=("it is one query with known functions",))


def _doubt(text: str, tree: exp.Expr, dialect: str) -> str:
    """Return why a query that only looks waits all the same, or nothing."""
    if _ODD.search(_HARMLESS_ESCAPE.sub("", text)):
        return "databases read its comments or quotes differently"
    if not _BEGINS.match(text):
        return "it does not begin as queries do"
    if _shows_people(tree):
        return "it prints all that is known of people, or of their keys"
    if _called(tree) & _LOOKING:
        return "a function in it may tell much, or take long"
    if dialect != "mysql" and _called(tree) & _OF_MYSQL:
        return "a function in it is built in only in MySQL"
    if any(_unnamed_settings(one) for one in tree.find_all(exp.Table)):
        return "it prints settings that may hold secrets"
    if any(one.args.get("recursive") for one in tree.find_all(exp.With)):
        return "a recursive query may not end"
    return ""


def _shows_people(tree: exp.Expr) -> bool:
    """Whether it prints whole rows of a table that is about people."""
    people = [one for one in tree.find_all(exp.Table) if one.name.lower() in _PERSONAL]
    rows = {name.lower() for one in people for name in (one.name, one.alias)}
    whole = [star for star in tree.find_all(exp.Star) if not isinstance(star.parent, exp.Count)]
    return bool(people) and (
        bool(whole) or any(one.name.lower() in rows for one in tree.find_all(exp.Column))
    )


def _unnamed_settings(table: exp.Expr) -> bool:
    """Whether it reads settings without naming which."""
    if table.name.lower() != "pg_settings":
        return False
    select = table.find_ancestor(exp.Select)
    where = select.args.get("where") if select else None
    if select is None or where is None:
        return True
    if sum(one.name.lower() == "pg_settings" for one in select.find_all(exp.Table)) > 1:
        return True  # what is asked of one may be printed of the other
    joined = bool(select.args.get("joins"))  # then whose name is compared must be said
    conditions = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    return not any(
        isinstance(one, exp.EQ | exp.In)
        and one.this.name == "name"
        and one.this.table == (table.alias_or_name if one.this.table or joined else "")
        and all(isinstance(value, exp.Literal) for value in _compared(one))
        for one in conditions
    )


def _compared(condition: exp.Expr) -> list[exp.Expr]:
    if isinstance(condition, exp.In):
        return list(condition.expressions) or [condition]
    return [condition.args["expression"]]


def _of_others(text: str, tree: exp.Expr) -> bool:
    """Whether it calls what only looks like one of the known: in a schema, in quotes, by type.

    A schema may hold a `lower` that deletes.
    """
    if _QUOTED_CALL.search(text) or _AS_PARSED.search(text):
        return True
    if tree.find(exp.Operator, exp.TableSample):
        return True
    tables = (table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Func))
    if any(table.args.get("db") for table in tables):
        return True
    types = tree.find_all(exp.DataType)
    if any(
        str(one).lower() not in _TYPES and one.this is exp.DataType.Type.USERDEFINED
        for one in types
    ):
        return True
    return any(isinstance(dot.expression, exp.Func) for dot in tree.find_all(exp.Dot))


def _called(tree: exp.Expr) -> set[str]:
    return {
        (one.name if isinstance(one, exp.Anonymous) else one.sql_name()).lower()
        for one in tree.find_all(exp.Func)
    }
