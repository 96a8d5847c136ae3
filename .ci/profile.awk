# Sums samples by what the program was doing. Comes in: `perf script -F comm,ip,sym`, one sample a paragraph: the thread's name, then
# its stack, innermost first. Goes out: the share of each part, in the order of an event's way.
#
# Threads that are not the writer's count as serving. A sample belongs to the first part of its thread with a pattern that any of its functions matches.
function part(thread, name, pattern) {
  parts++
  threads[parts] = thread
  names[parts] = name
  patterns[parts] = pattern
}

BEGIN {
  RS = ""
  FS = "\n"
  part("http", "socket: write the answer", "writev|poll_flush")
  part("http", "socket: read the request", "recvfrom|_recv|poll_read_from_io")
  part("http", "parse HTTP", "poll_read_head|Http1Transaction")
  part("http", "beacon", "ingest::beacon::")
  part("http", "gate: bots", "ingest::bots::|aho_corasick|regex")
  part("http", "gate: the rest", "ingest::(gate|spam|sites|rules)::")
  part("http", "visitor", "ingest::(keys|visitor)::|sha2::")
  part("http", "enrich", "ingest::(enrich|words|coded)::")
  part("http", "client's address", "middleware::peer|ingest::client::")
  part("http", "queue to the writer", "ingest::writer::")
  part("http", "axum, tower, handler", "axum|tower|server::routes")
  part("http", "hyper", "hyper")
  part("http", "threads: wake, sleep, switch", ".")
  part("writer", "commit: sync", "fsync|fdatasync|unixSync")
  part("writer", "commit: log and checkpoint", "sqlite3VdbeHalt|sqlite3Pager|CommitPhase|[cC]heckpoint")
  part("writer", "SQLite: rows", "sqlite3_step")
  part("writer", "Diesel, prepare and bind", "diesel|sqlite3|tokio_postgres|postgres")
  part("writer", "dictionary and visits", "ingest::(dictionary|visit|coded|store|words)::")
  part("writer", "answer, wake, sleep", ".")
}

{
  thread = $1 ~ /^writer/ ? "writer" : "http"
  samples++
  for (number = 1; number <= parts; number++) {
    if (threads[number] == thread && $0 ~ patterns[number]) {
      counts[number]++
      break
    }
  }
}

END {
  for (number = 1; number <= parts; number++) {
    sums[threads[number]] += counts[number]
    lines[number] = sprintf("%6.1f %%  %-6s  %s", counts[number] * 100 / samples, threads[number], names[number])
  }
  printf "%d samples: %.0f %% in the threads that serve requests, %.0f %% in the writer\n", samples, sums["http"] * 100 / samples, sums["writer"] * 100 / samples
  for (number = 1; number <= parts; number++) if (counts[number]) print lines[number]
}
