"""Reads a lake with pyarrow and pandas, and says what they saw: python read.py <request.json>, see judges.ts.

For each reader and signal one file of rows, a JSON document a line: times as text of whole microseconds since 1970, NaN and infinities
as text, everything else as the reader has it. types.json holds names, types and metadata of every Parquet file.
"""

import csv
import gzip
import json
import math
import sys
from pathlib import Path

import pandas
import pyarrow
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet

EPOCH = pandas.Timestamp(0, tz="UTC")
ARROW = {
    "timestamp": pyarrow.timestamp("us", tz="UTC"),
    "real": pyarrow.float64(),
    "integer": pyarrow.int64(),
    "long": pyarrow.int64(),
    "boolean": pyarrow.bool_(),
}
PANDAS = {"real": "float64", "integer": "Int32", "long": "Int64", "boolean": "boolean"}


def files(lake, signal):
    return sorted(path for path in Path(lake, signal).rglob("*") if path.is_file())


def plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if hasattr(value, "utcoffset"):
        return str((pandas.Timestamp(value) - EPOCH) // pandas.Timedelta(microseconds=1))
    value = value.item() if hasattr(value, "item") else value
    return value if value is None or isinstance(value, (str, int, float, bool, list, dict)) else str(value)


def pandas_rows(frame):
    """What is missing is None: pandas itself does not tell null from NaN."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def pyarrow_files(lake, signal, columns):
    """One file after the other, without looking at the folders."""
    for path in files(lake, signal):
        yield from pyarrow.parquet.ParquetFile(path).read().to_pylist()


def pyarrow_dataset(lake, signal, columns):
    """The folder of the signal, with the partitions in its paths."""
    dataset = pyarrow.dataset.dataset(Path(lake, signal), format="parquet", partitioning="hive")
    return dataset.to_table().to_pylist()


def pandas_parquet(lake, signal, columns):
    return pandas_rows(pandas.read_parquet(Path(lake, signal)))


def arrow_csv(lake, signal, columns):
    """Typed by the columns; an empty field is null, "" is a text without letters."""
    types = {name: ARROW.get(kind, pyarrow.string()) for name, kind in columns.items()}
    convert = pyarrow.csv.ConvertOptions(
        column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    for path in files(lake, signal):
        yield from pyarrow.csv.read_csv(path, parse_options=parse, convert_options=convert).to_pylist()


def pandas_csv(lake, signal, columns):
    times = [name for name, kind in columns.items() if kind == "timestamp"]
    types = {name: PANDAS.get(kind, "string") for name, kind in columns.items() if kind != "timestamp"}
    for path in files(lake, signal):
        frame = pandas.read_csv(
            path,
            dtype=types,
            parse_dates=times,
            keep_default_na=False,
            na_values={name: ["", "NaN"] if kind == "real" else [""] for name, kind in columns.items()},
            float_precision="round_trip",
        )
        yield from pandas_rows(frame)


def python_csv(lake, signal, columns):
    """Python's own reader knows no types: text, and '' for null."""
    for path in files(lake, signal):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)


def python_json(lake, signal, columns):
    for path in files(lake, signal):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="\n") as lines:
            yield from map(json.loads, lines)


def pandas_json(lake, signal, columns):
    for path in files(lake, signal):
        frame = pandas.read_json(path, lines=True, dtype=False, convert_dates=False, precise_float=True)
        yield from pandas_rows(frame)


READERS = {
    "pyarrow": pyarrow_files,
    "pyarrow.dataset": pyarrow_dataset,
    "pandas": pandas_parquet,
    "pyarrow.csv": arrow_csv,
    "pandas.csv": pandas_csv,
    "python.csv": python_csv,
    "python.json": python_json,
    "pandas.json": pandas_json,
}


def parquet_facts(path):
    file = pyarrow.parquet.ParquetFile(path)
    metadata = {key.decode(): value.decode() for key, value in (file.schema_arrow.metadata or {}).items()}
    codecs = {
        file.metadata.row_group(group).column(column).compression
        for group in range(file.num_row_groups)
        for column in range(file.metadata.num_columns)
    }
    columns = {field.name: str(field.type) for field in file.schema_arrow}
    return {"columns": columns, "metadata": metadata, "rows": file.metadata.num_rows, "codecs": sorted(codecs)}


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            out.write(json.dumps({name: plain(value) for name, value in row.items()}, allow_nan=False) + "\n")


def main(request):
    out = Path(request["out"])
    for work in request["work"]:
        for signal, columns in request["signals"].items():
            rows = READERS[work["reader"]](work["lake"], signal, columns)
            write_rows(out / f"{work['name']}.{signal}.ndjson", rows)


if __name__ == "__main__":
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    main(request)
    lake = request["parquet"]
    facts = {str(path.relative_to(lake)): parquet_facts(path) for signal in request["signals"] for path in files(lake, signal)}
    Path(request["out"], "types.json").write_text(json.dumps(facts), "utf-8")
    print(f"Python {sys.version.split()[0]}, pyarrow {pyarrow.__version__}, pandas {pandas.__version__}")
