"""`read_tables.py <reader> <request>`: reads Delta tables as users of that engine do, and prints what differs from what they must hold, in JSON."""

import contextlib
import json
import os
import sys
from datetime import date, datetime
from glob import glob
from pathlib import Path


def wanted(table):
    counts = table["counts"]
    return {
        **{name: counts[name] for name in ("app", "day", "time", "late", "nulls", "good")},
        "rows": table["rows"],
        "before": table["before"]["rows"],
        "types": table["types"],
        "dead": table["dead"],
        "live": table["live"],
        "version": table["version"],
        # Counted while the files of other partitions are away: a reader that opens them fails.
        "pruned": [counts["app"], counts["day"]],
    }


def faults_of(table, found):
    expected = wanted(table)
    for name, value in found.items():
        if value != expected[name]:
            both = [value, expected[name]]
            if isinstance(value, list) and name != "pruned":
                differ = sorted(set(value) ^ set(expected[name]))[:3]
                both = [f"{len(value)} (such as {differ} in one and not the other)", len(expected[name])]
            yield f"{name}: {both[0]} instead of {both[1]}"


def spelled(rows):
    return sorted(f"{app}|{day}|{name}" for app, day, name in rows)


def typed(pairs):
    """Column -> word of the log, from a reader's own words."""
    words = [("timestamp", "timestamp"), ("datetime", "timestamp"), ("date", "date"), ("bool", "boolean")]
    words += [(word, "string") for word in ("string", "varchar", "utf8")]
    words += [(word, "long") for word in ("bigint", "int64")] + [("double", "double"), ("float64", "double")]
    find = lambda text: next((word for part, word in words if part in text.lower()), text)
    return {name: find(str(kind)) for name, kind in pairs}


@contextlib.contextmanager
def only(table, part):
    """Files of other partitions than `part` (`app=…` or `date=…`) are away meanwhile."""
    root = Path(table["folder"])
    places = [path for path in root.glob("app=*" if part.startswith("app=") else "app=*/date=*") if path.name != part]
    aside = [path.with_name(f"_away_{path.name}") for path in places]
    for path, away in zip(places, aside):
        path.rename(away)
    try:
        yield
    finally:
        for path, away in zip(places, aside):
            away.rename(path)


def pruned(table, app_count, day_count):
    found = []
    folder = next(path.name for path in Path(table["folder"]).glob("app=*") if path.name.startswith("app=ä"))
    for part, count in ((folder, app_count), (f"date={table['day']}", day_count)):
        with only(table, part):
            try:
                found.append(count())
            except Exception as error:
                found.append(f"opens other files: {str(error)[:200]}")
    return found


def deltalake_(table):
    from deltalake import DeltaTable

    head = DeltaTable(table["folder"])
    arrow = head.to_pyarrow_dataset().to_table()
    frame = arrow.to_pandas()
    app = lambda: len(head.to_pandas(partitions=[("app", "=", table["app"])]))
    day = lambda: len(head.to_pandas(partitions=[("date", "=", table["day"])]))
    before = DeltaTable(table["folder"], version=table["before"]["version"]).to_pandas()
    vacuum = lambda full: head.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False, full=full)
    # What the log still tells of is a part of it: removed files are told of for 7 days.
    assert set(vacuum(False)) <= set(table["dead"]), "vacuum would remove a live file"
    return {
        "version": head.version(),
        "live": len(head.file_uris()),
        "rows": spelled(zip(frame.app, frame.date, frame.id)),
        "types": typed((field.name, field.type) for field in arrow.schema),
        "app": app(),
        "day": day(),
        "time": int((frame.timestamp >= table["time"]).sum()),
        "late": int((frame.tenant == "t1").sum()),
        "nulls": int(frame.tenant.isna().sum()),
        "good": int(frame.success.sum()),
        "before": spelled(zip(before.app, before.date, before.id)),
        "dead": sorted(vacuum(True)),
        "pruned": pruned(table, app, day),
    }


def polars_(table):
    import polars

    data = polars.scan_delta(table["folder"])
    frame = data.collect()
    column = polars.col
    time = datetime.fromisoformat(table["time"].replace("Z", "+00:00"))
    count = lambda condition: data.filter(condition).select(polars.len()).collect().item()
    app = lambda: count(column("app") == table["app"])
    day = lambda: count(column("date") == date.fromisoformat(table["day"]))
    before = polars.read_delta(table["folder"], version=table["before"]["version"])
    return {
        "rows": spelled(frame.select("app", "date", "id").iter_rows()),
        "types": typed(frame.schema.items()),
        "app": app(),
        "day": day(),
        "time": count(column("timestamp") >= time),
        "late": count(column("tenant") == "t1"),
        "nulls": count(column("tenant").is_null()),
        "good": count(column("success")),
        "before": spelled(before.select("app", "date", "id").iter_rows()),
        "pruned": pruned(table, app, day),
    }


def sql_counts(ask, table, source, time):
    app = table["app"].replace("'", "''")
    of_app = lambda: ask(f"SELECT count(*) FROM {source} WHERE app = '{app}'")
    of_day = lambda: ask(f"SELECT count(*) FROM {source} WHERE date = DATE '{table['day']}'")
    return {
        "app": of_app(),
        "day": of_day(),
        "time": ask(f"SELECT count(*) FROM {source} WHERE timestamp >= {time}"),
        "late": ask(f"SELECT count(*) FROM {source} WHERE tenant = 't1'"),
        "nulls": ask(f"SELECT count(*) FROM {source} WHERE tenant IS NULL"),
        "good": ask(f"SELECT count(*) FROM {source} WHERE success"),
        "pruned": pruned(table, of_app, of_day),
    }


def unpacked(path):
    if not path.endswith(".gz"):
        return path
    import gzip
    import shutil
    import tempfile

    target = os.path.join(tempfile.mkdtemp(), "delta.duckdb_extension")
    with gzip.open(path) as packed, open(target, "wb") as plain:
        shutil.copyfileobj(packed, plain)
    return target


def duckdb_(table):
    import duckdb

    packed = [glob(os.path.join(place, "duckdb_ext", "**", "delta.duckdb_extension*"), recursive=True) for place in sys.path]
    base = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    base.execute(f"LOAD '{unpacked(sum(packed, [])[0])}'")
    base.execute("SET TimeZone = 'UTC'")
    source = f"delta_scan('{table['folder']}')"
    all_of = lambda text: base.execute(text).fetchall()
    rows = f"SELECT app, date, id FROM {source}"
    return {
        "rows": spelled(all_of(rows)),
        "types": typed(row[:2] for row in all_of(f"DESCRIBE FROM {source}")),
        **sql_counts(lambda text: all_of(text)[0][0], table, source, f"TIMESTAMPTZ '{table['time']}'"),
    }


def daft_(table):
    import daft

    # Counted under a filter on a column that older files lack, daft 0.7 takes all rows of these (35 for 3), whether the
    # log has a null count for them or not; read, it finds the right ones.
    data = daft.read_deltalake(table["folder"])
    read = lambda frame: frame.select("app", "date", "id").to_pydict()
    rows = lambda found: spelled(zip(found["app"], found["date"], found["id"]))
    app = lambda: data.where(data["app"] == table["app"]).count_rows()
    day = lambda: data.where(data["date"] == date.fromisoformat(table["day"])).count_rows()
    time = datetime.fromisoformat(table["time"].replace("Z", "+00:00"))
    return {
        "rows": rows(read(data)),
        "types": typed((field.name, field.dtype) for field in data.schema()),
        "app": app(),
        "day": day(),
        "time": data.where(data["timestamp"] >= time).count_rows(),
        "late": len(read(data.where(data["tenant"] == "t1"))["id"]),
        "nulls": len(read(data.where(data["tenant"].is_null()))["id"]),
        "good": len(read(data.where(data["success"]))["id"]),
        "before": rows(read(daft.read_deltalake(table["folder"], version=table["before"]["version"]))),
        "pruned": pruned(table, app, day),
    }


def chdb_(table):
    import chdb

    # It opens files below the current folder only.
    os.chdir(os.path.dirname(os.path.dirname(table["folder"])))
    source = f"deltaLakeLocal('{table['folder']}')"
    ask = lambda text: json.loads(str(chdb.query(text, "JSONCompact")))["data"]
    rows = f"SELECT app, date, id FROM {source}"
    time = f"parseDateTime64BestEffort('{table['time']}', 6, 'UTC')"
    return {
        "rows": spelled(ask(rows)),
        "types": typed(row[:2] for row in ask(f"DESCRIBE {source}")),
        **sql_counts(lambda text: int(ask(text)[0][0]), table, source, time),
        "before": spelled(ask(f"{rows} SETTINGS delta_lake_snapshot_version = {table['before']['version']}")),
    }


def spark_session():
    from pyspark.sql import SparkSession

    # Python's own times follow the machine's zone, and so do rows that are collected.
    os.environ["TZ"] = "UTC"
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.databricks.delta.retentionDurationCheck.enabled", "false")
        .config("spark.databricks.delta.snapshotPartitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        # Else VACUUM lists its files in 10,000 tasks.
        .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")
        .config("spark.jars", os.environ["DELTA_JARS"])
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )


def spark_(table):
    spark = spark_session()
    frame = spark.read.format("delta").load(table["folder"])
    frame.createOrReplaceTempView("t")
    before = spark.read.format("delta").option("versionAsOf", table["before"]["version"]).load(table["folder"])
    rows = lambda data: spelled((row.app, row.date, row.id) for row in data.select("app", "date", "id").collect())
    dead = spark.sql(f"VACUUM delta.`{table['folder']}` RETAIN 0 HOURS DRY RUN").collect()
    plain = lambda path: path.split(f"{table['folder']}/")[-1]
    return {
        "rows": rows(frame),
        "types": typed(frame.dtypes),
        **sql_counts(lambda text: spark.sql(text).collect()[0][0], table, "t", f"TIMESTAMP '{table['time']}'"),
        "before": rows(before),
        "dead": sorted(plain(row[0]) for row in dead if row[0].endswith(".parquet")),
    }


reader, request = sys.argv[1:]
tables = json.loads(Path(request).read_text("utf-8"))["tables"]
read = globals()[f"{reader}_"]
faults, looked = [], []
for table in tables:
    found = read(table)
    looked = list(found)
    faults += [f"{Path(table['folder']).parent.name}: {fault}" for fault in faults_of(table, found)]
print(json.dumps({"faults": faults, "looked": looked}))
