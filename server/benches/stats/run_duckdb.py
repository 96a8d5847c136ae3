"""DuckDB's side of `make bench-stats`: fills a file and answers statements. Called by duckdb.rs.

    run_duckdb.py load FILE      events as CSV on standard input, in the order of COLUMNS
    run_duckdb.py words FILE     numbers and the words they stand for, as CSV; also makes a table of visits
    run_duckdb.py ask FILE       {"statements": […], "runs": N, "seconds": N}; answers with times and rows as JSON

DuckDB runs with its own settings: as many threads as there are processors. Times are those of execution and of fetching the rows;
starting Python and opening the file are not among them.
"""

import json
import resource
import sys
import time

import duckdb

BIG = ["received_at", "visit", "visitor", "started_at", "duration_ms", "visit_engaged_ms"]
SMALL = ["is_interactive", "is_bounce", "scroll_depth"]
COLUMNS = """received_at visit visitor name hostname page engaged_ms scroll_depth is_interactive started_at duration_ms pageviews events
visit_engaged_ms is_bounce entry_page exit_page source channel referrer utm_source utm_medium utm_campaign utm_content utm_term
country browser browser_version system system_version device""".split()


def load(file):
    kind = lambda name: "bigint" if name in BIG else "tinyint" if name in SMALL else "integer"
    columns = ", ".join(f"'{name}': '{kind(name)}'" for name in COLUMNS)
    with duckdb.connect(file) as db:
        db.execute(f"create table event as from read_csv('/dev/stdin', header = false, delim = ',', columns = {{{columns}}})")


def words(file):
    columns = "{'id': 'integer', 'value': 'varchar'}"
    with duckdb.connect(file) as db:
        db.execute(
            "create table word as from read_csv('/dev/stdin', header = false, delim = ',', quote = '\"', escape = '\"', "
            f"columns = {columns})"
        )
        of_visit = ", ".join(f"any_value({name}) as {name}" for name in COLUMNS[COLUMNS.index("started_at") :])
        db.execute(f"create table visit as select visit, {of_visit} from event group by visit order by started_at")


def ask(file):
    request = json.load(sys.stdin)
    db = duckdb.connect(file, read_only=True)

    def run():
        start = time.perf_counter()
        tables = [db.execute(statement).fetchall() for statement in request["statements"]]
        return (time.perf_counter() - start) * 1e3, tables

    cold_ms, tables = run()
    end = time.monotonic() + request["seconds"]
    times = []
    while len(times) < request["runs"] and (len(times) < 3 or time.monotonic() < end):
        times.append(run()[0])
    number = lambda value: float(value or 0)
    answer = [[{"key": row[0], "numbers": [number(value) for value in row[1:]]} for row in rows] for rows in tables]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    json.dump({"answer": answer, "ms": sorted(times), "cold_ms": cold_ms, "peak_memory_bytes": peak}, sys.stdout)


{"load": load, "words": words, "ask": ask}[sys.argv[1]](sys.argv[2])
