"""The same with Spark: the folder of each signal, and the types that it finds there. python read_spark.py <request.json>"""

import json
import os
import sys
from pathlib import Path

# Python's own times follow the machine's zone, and so do rows that are collected.
os.environ["TZ"] = "UTC"
import pyspark
from pyspark.sql import SparkSession
from pyspark.sql.functions import unix_micros

request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
out = Path(request["out"])
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.local.dir", str(out / "spark"))
    .config("spark.sql.warehouse.dir", str(out / "warehouse"))
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")


def plain(value):
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


types = {}
for signal in request["signals"]:
    frame = spark.read.parquet(str(Path(request["parquet"], signal)))
    types[signal] = dict(frame.dtypes)
    rows = frame.withColumn("timestamp", unix_micros("timestamp").cast("string")).collect()
    with open(out / f"spark.{signal}.ndjson", "w", encoding="utf-8", newline="\n") as lines:
        for row in rows:
            lines.write(json.dumps({name: plain(value) for name, value in row.asDict().items()}, allow_nan=False) + "\n")
(out / "spark.json").write_text(json.dumps(types), "utf-8")
spark.stop()
print(f"pyspark {pyspark.__version__}")
