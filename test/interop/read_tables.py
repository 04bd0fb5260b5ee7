"""`read_tables.py <reader> <request>`: reads Delta tables as users of that engine do, and prints what differs from what they must hold."""

import json
import sys
from datetime import datetime


def faults_of(table, found):
    wanted = {
        "rows": table["rows"],
        "app": table["counts"]["app"],
        "day": table["counts"]["day"],
        "time": table["counts"]["time"],
        "late": table["counts"]["late"],
        "before": table["before"]["rows"],
    }
    for name, value in found.items():
        if value is not None and value != wanted[name]:
            shown = (len(value), len(wanted[name])) if name == "rows" else (value, wanted[name])
            yield f"{name}: {shown[0]} instead of {shown[1]}"


def spelled(rows):
    return sorted(f"{app}|{date}|{name}" for app, date, name in rows)


def deltalake_(table):
    from deltalake import DeltaTable

    head = DeltaTable(table["folder"])
    assert head.version() == table["version"], f"version {head.version()} instead of {table['version']}"
    assert len(head.file_uris()) == table["live"], f"{len(head.file_uris())} live files instead of {table['live']}"
    frame = head.to_pandas()
    dead = head.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False)
    assert not set(dead) & {uri.split("/requests/")[-1] for uri in head.file_uris()}, "vacuum would remove a live file"
    pruned = head.to_pandas(partitions=[("app", "=", table["app"])])
    day = head.to_pandas(partitions=[("date", "=", table["day"])])
    return {
        "rows": spelled(zip(frame.app, frame.date, frame.id)),
        "app": len(pruned),
        "day": len(day),
        "time": int((frame.timestamp >= table["time"]).sum()),
        "late": int((frame.tenant == "t1").sum()),
        "before": len(DeltaTable(table["folder"], version=table["before"]["version"]).to_pandas()),
    }


def polars_(table):
    import polars

    data = polars.scan_delta(table["folder"])
    frame = data.collect()
    time = datetime.fromisoformat(table["time"].replace("Z", "+00:00"))
    day = datetime.fromisoformat(table["day"]).date()
    count = lambda condition: data.filter(condition).select(polars.len()).collect().item()
    return {
        "rows": spelled(frame.select("app", "date", "id").iter_rows()),
        "app": count(polars.col("app") == table["app"]),
        "day": count(polars.col("date") == day),
        "time": count(polars.col("timestamp") >= time),
        "late": count(polars.col("tenant") == "t1"),
        "before": polars.read_delta(table["folder"], version=table["before"]["version"]).height,
    }


def sql_counts(ask, table, source):
    app = table["app"].replace("'", "''")
    return {
        "app": ask(f"SELECT count(*) FROM {source} WHERE app = '{app}'"),
        "day": ask(f"SELECT count(*) FROM {source} WHERE date = DATE '{table['day']}'"),
        "late": ask(f"SELECT count(*) FROM {source} WHERE tenant = 't1'"),
    }


def duckdb_(table):
    import glob
    import os

    import duckdb

    extension = next(
        path
        for place in sys.path
        for path in glob.glob(os.path.join(place, "duckdb_ext", "**", "delta.duckdb_extension*"), recursive=True)
    )
    base = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    if extension.endswith(".gz"):
        import gzip
        import shutil
        import tempfile

        target = os.path.join(tempfile.mkdtemp(), "delta.duckdb_extension")
        with gzip.open(extension) as packed, open(target, "wb") as plain:
            shutil.copyfileobj(packed, plain)
        extension = target
    base.execute(f"LOAD '{extension}'")
    source = f"delta_scan('{table['folder']}')"
    rows = base.execute(f"SELECT app, date, id FROM {source}").fetchall()
    ask = lambda text: base.execute(text).fetchone()[0]
    time = ask(f"SELECT count(*) FROM {source} WHERE timestamp >= TIMESTAMPTZ '{table['time']}'")
    return {"rows": spelled(rows), "time": time, **sql_counts(ask, table, source)}


def daft_(table):
    import daft

    # Counted under a filter on a column that older files lack, daft 0.7 takes all rows of these (35 for 3), whether the
    # log has a null count for them or not; read, it finds the right ones.
    data = daft.read_deltalake(table["folder"])
    found = data.select("app", "date", "id").to_pydict()
    day = datetime.fromisoformat(table["day"]).date()
    return {
        "rows": spelled(zip(found["app"], found["date"], found["id"])),
        "app": data.where(data["app"] == table["app"]).count_rows(),
        "day": data.where(data["date"] == day).count_rows(),
        "late": len(data.where(data["tenant"] == "t1").select("id").to_pydict()["id"]),
    }


def chdb_(table):
    import os

    import chdb

    # It opens files below the current folder only.
    os.chdir(os.path.dirname(os.path.dirname(table["folder"])))
    source = f"deltaLakeLocal('{table['folder']}')"
    ask = lambda text: json.loads(str(chdb.query(text, "JSONCompact")))["data"]
    rows = ask(f"SELECT app, date, id FROM {source}")
    time = ask(f"SELECT count() FROM {source} WHERE timestamp >= parseDateTime64BestEffort('{table['time']}', 6, 'UTC')")
    app = table["app"].replace("'", "''")
    return {
        "rows": spelled(rows),
        "time": int(time[0][0]),
        "app": int(ask(f"SELECT count() FROM {source} WHERE app = '{app}'")[0][0]),
        "day": int(ask(f"SELECT count() FROM {source} WHERE date = '{table['day']}'")[0][0]),
        "late": int(ask(f"SELECT count() FROM {source} WHERE tenant = 't1'")[0][0]),
    }


def spark_(table):
    import os

    from pyspark.sql import SparkSession

    builder = (
        SparkSession.builder.appName("tables")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.jars", os.environ["DELTA_JARS"])
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.databricks.delta.snapshotPartitions", "2")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
    )
    spark = builder.getOrCreate()
    frame = spark.read.format("delta").load(table["folder"])
    frame.createOrReplaceTempView("t")
    ask = lambda text: spark.sql(text).collect()[0][0]
    before = spark.read.format("delta").option("versionAsOf", table["before"]["version"]).load(table["folder"])
    return {
        "rows": spelled((row.app, row.date, row.id) for row in frame.select("app", "date", "id").collect()),
        "time": ask(f"SELECT count(*) FROM t WHERE timestamp >= TIMESTAMP '{table['time']}'"),
        "before": before.count(),
        **sql_counts(ask, table, "t"),
    }


reader, request = sys.argv[1:]
with open(request, encoding="utf-8") as file:
    tables = json.load(file)["tables"]
print(json.dumps([f"{table['folder'].split('/')[-2]}: {fault}" for table in tables for fault in faults_of(table, globals()[f"{reader}_"](table))]))
