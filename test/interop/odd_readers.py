"""How users of each engine read a folder of Parquet files: `rows` gives dicts of Python values, `count(column, op, value)` counts by the
engine's own filter (None: it cannot be asked that). `nan_is_greatest`: whether it takes NaN for more than any number; None: either."""

import json
import math
from datetime import datetime, timezone
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def micros(value):
    """µs since 1970 of whatever a reader takes a time for."""
    if value is None or isinstance(value, int):
        return value
    if hasattr(value, "to_pydatetime"):
        # NaT is missing
        if value != value:
            return None
        return (value.tz_convert("UTC") if value.tzinfo else value.tz_localize("UTC")).to_datetime64().astype("datetime64[us]").astype("int64").item()
    aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    delta = aware - EPOCH
    return (delta.days * 86400 + delta.seconds) * 10**6 + delta.microseconds


class Arrow:
    def __init__(self, folder, columns, mixed):
        import pyarrow.dataset as dataset

        self.data = dataset.dataset(folder, format="parquet")

    def rows(self):
        return self.data.to_table().to_pylist()

    def count(self, name, op, value):
        import pyarrow
        import pyarrow.dataset as dataset

        field = dataset.field(name)
        if isinstance(value, datetime):
            value = pyarrow.scalar(micros(value), pyarrow.int64()).cast(pyarrow.timestamp("us", tz="UTC"))
        made = {"=": lambda: field == value, "<": lambda: field < value, ">=": lambda: field >= value}
        if op == "null":
            return self.data.count_rows(filter=field.is_null())
        if op == "nan":
            import pyarrow.compute as compute

            return self.data.count_rows(filter=compute.is_nan(field))
        return self.data.count_rows(filter=made[op]())


class Pandas:
    def __init__(self, folder, columns, mixed):
        self.folder = folder
        self.names = [column["name"] for column in columns]

    def frame(self, **more):
        import pandas

        return pandas.read_parquet(self.folder, dtype_backend="pyarrow", **more)

    def rows(self):
        import pandas

        frame = self.frame()
        columns = {name: [None if value is pandas.NA or value is pandas.NaT else value for value in frame[name].array] for name in self.names}
        return [dict(zip(columns, values)) for values in zip(*columns.values())]

    def count(self, name, op, value):
        import pandas

        if op in ("null", "nan"):
            return None
        if isinstance(value, datetime):
            value = pandas.Timestamp(value)
        return len(self.frame(filters=[(name, "==" if op == "=" else op, value)]))


class Polars:
    nan_is_greatest = True

    def __init__(self, folder, columns, mixed):
        import polars

        # 32 bit integers beside those of 64 bit must be asked for.
        options = {"cast_options": polars.ScanCastOptions(integer_cast="upcast")} if mixed else {}
        files = sorted(str(path) for path in Path(folder).glob("*.parquet"))
        self.data = polars.scan_parquet(files, **options)

    def rows(self):
        import polars

        times = [name for name, kind in self.data.collect_schema().items() if kind == polars.Datetime("us", "UTC")]
        return self.data.with_columns([polars.col(name).to_physical() for name in times]).collect().to_dicts()

    def count(self, name, op, value):
        import polars

        column = polars.col(name)
        value = polars.lit(micros(value)).cast(polars.Datetime("us", "UTC")) if isinstance(value, datetime) else value
        made = {"=": lambda: column == value, "<": lambda: column < value, ">=": lambda: column >= value, "null": column.is_null, "nan": column.is_nan}
        return self.data.filter(made[op]()).select(polars.len()).collect().item()


def literal(value):
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)"
    return str(value).lower() if isinstance(value, bool) else str(value)


class Sql:
    """Engines that are asked in SQL. `quote` names a column, `time` makes a time of µs."""

    nan_is_greatest = True
    skipped_signs = ()

    def time(self, value):
        return f"TIMESTAMPTZ '{value.isoformat()}'"

    def quote(self, name):
        return f'"{name}"'

    def is_nan(self, name):
        return f"isnan({name})"

    def text(self, value):
        return literal(value)

    def count(self, name, op, value):
        column = self.quote(name)
        if op == "null":
            condition = f"{column} IS NULL"
        elif op == "nan":
            condition = self.is_nan(column)
        else:
            if isinstance(value, str) and any(sign in value for sign in self.skipped_signs):
                return None
            condition = f"{column} {op} {self.time(value) if isinstance(value, datetime) else self.text(value)}"
        return self.scalar(f"SELECT count(*) FROM {self.source} WHERE {condition}")


class Duckdb(Sql):
    def __init__(self, folder, columns, mixed):
        import duckdb

        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        self.source = f"read_parquet('{folder}/*.parquet', union_by_name = true)"
        self.columns = columns

    skipped_signs = ("\0",)

    def scalar(self, sql):
        return self.db.execute(sql).fetchone()[0]

    def rows(self):
        names = [column["name"] for column in self.columns]
        times = [column["name"] for column in self.columns if column["type"] == "timestamp"]
        listed = ", ".join(f'epoch_us("{name}")' if name in times else f'"{name}"' for name in names)
        return [dict(zip(names, row)) for row in self.db.execute(f"SELECT {listed} FROM {self.source}").fetchall()]


class Chdb(Sql):
    nan_is_greatest = False
    skipped_signs = ("\\", "\0")

    def __init__(self, folder, columns, mixed):
        from chdb import session

        self.db = session.Session()
        self.columns = columns
        self.source = f"file('{folder}/*.parquet', Parquet)"

    def quote(self, name):
        return f"`{name}`"

    def is_nan(self, name):
        return f"isNaN({name})"

    def time(self, value):
        return f"fromUnixTimestamp64Micro({micros(value)}, 'UTC')"

    def query(self, sql):
        settings = "output_format_json_quote_denormals = 1, output_format_json_quote_64bit_integers = 1"
        return json.loads(self.db.query(f"{sql} SETTINGS {settings}", "JSONCompact").bytes(), parse_int=str)["data"]

    def scalar(self, sql):
        return int(self.query(sql)[0][0])

    def rows(self):
        names = [column["name"] for column in self.columns]
        listed = ", ".join(f"toUnixTimestamp64Micro(`{column['name']}`)" if column["type"] == "timestamp" else f"`{column['name']}`" for column in self.columns)
        for row in self.query(f"SELECT {listed} FROM {self.source}"):
            yield {name: int(value) if kind["type"] == "timestamp" and value is not None else value for name, kind, value in zip(names, self.columns, row)}


def arrow_schema(columns):
    import pyarrow

    types = {"timestamp": pyarrow.timestamp("us", tz="UTC"), "real": pyarrow.float64(), "boolean": pyarrow.bool_()}
    types |= {"integer": pyarrow.int64(), "long": pyarrow.int64()}
    return pyarrow.schema([(column["name"], types.get(column["type"], pyarrow.string())) for column in columns])


class Datafusion(Sql):
    def __init__(self, folder, columns, mixed):
        import datafusion

        self.db = datafusion.SessionContext()
        # 32 bit integers beside those of 64 bit: only with a schema.
        self.db.register_parquet("lake", folder, schema=arrow_schema(columns) if mixed else None)
        self.source = "lake"

    skipped_signs = ("\0",)

    def time(self, value):
        return f"arrow_cast({micros(value)}, 'Timestamp(µs, \"UTC\")')"

    def scalar(self, sql):
        return self.db.sql(sql).to_pylist()[0].popitem()[1]

    def rows(self):
        return self.db.sql("SELECT * FROM lake").to_arrow_table().to_pylist()


class Daft:
    nan_is_greatest = None

    def __init__(self, folder, columns, mixed):
        import daft

        self.data = daft.read_parquet(f"{folder}/*.parquet")

    def rows(self):
        return self.data.to_arrow().to_pylist()

    def count(self, name, op, value):
        import daft

        column = daft.col(name)
        made = {"=": lambda: column == value, "<": lambda: column < value, ">=": lambda: column >= value, "null": lambda: column.is_null(), "nan": lambda: column.is_nan()}
        return self.data.where(made[op]()).count_rows()


class Spark(Sql):
    def __init__(self, folder, columns, mixed):
        from pyspark.sql import SparkSession

        self.db = (
            SparkSession.builder.master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.driver.memory", "2g")
            .getOrCreate()
        )
        self.db.sparkContext.setLogLevel("OFF")
        types = {"timestamp": "timestamp", "real": "double", "boolean": "boolean", "integer": "bigint", "long": "bigint"}
        schema = ", ".join(f"`{column['name']}` {types.get(column['type'], 'string')}" for column in columns)
        reader = self.db.read.schema(schema) if mixed else self.db.read
        reader.parquet(folder).createOrReplaceTempView("lake")
        self.source = "lake"
        self.columns = columns

    skipped_signs = ("\\", "\0")

    def quote(self, name):
        return f"`{name}`"

    def time(self, value):
        return f"timestamp_micros({micros(value)}L)"

    def text(self, value):
        return f"{value}L" if isinstance(value, int) and not isinstance(value, bool) and value != -(2**63) else literal(value)

    def scalar(self, sql):
        return self.db.sql(sql).collect()[0][0]

    def rows(self):
        listed = ", ".join(f"unix_micros(`{column['name']}`) AS `{column['name']}`" if column["type"] == "timestamp" else f"`{column['name']}`" for column in self.columns)
        return [row.asDict() for row in self.db.sql(f"SELECT {listed} FROM lake").collect()]


READERS = {"pyarrow": Arrow, "pandas": Pandas, "polars": Polars, "duckdb": Duckdb, "chdb": Chdb, "datafusion": Datafusion, "daft": Daft, "spark": Spark}
