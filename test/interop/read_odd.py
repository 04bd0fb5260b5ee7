"""Reads folders of odd values as users of each reader do, and compares every value, and counts under filters, with what went in:
python read_odd.py <reader> <request.json>, see odd.ts. One line of JSON on stdout: the faults by signal and folder."""

import json
import math
import sys
from datetime import timedelta
from pathlib import Path

from odd_readers import EPOCH, READERS, micros

def canonical(value, kind):
    if value is None:
        return None
    if kind == "timestamp":
        return micros(value)
    if kind == "real":
        number = float(value)
        return "NaN" if math.isnan(number) else repr(number)
    if kind in ("integer", "long"):
        return int(value)
    if kind == "boolean":
        return bool(value)
    return value


def expected_cell(value, kind):
    if value is None or kind in ("string", "dynamic", "boolean"):
        return value
    return canonical(int(value) if kind in ("timestamp", "integer", "long") else float(value.replace("Infinity", "inf")), kind)


def rows_in(path, columns):
    with open(path, encoding="utf-8") as lines:
        return [[expected_cell(value, column["type"]) for value, column in zip(json.loads(line), columns)] for line in lines]


# Counting costs these 0.1 s a question: they are asked about these columns only.
SLOW = {"daft", "spark", "pandas"}
FEW = {"timestamp", "name", "message", "success", "duration", "value", "itemCount", "severityLevel", "operation_SyntheticSource"}


def as_key(value, kind):
    return float(value) if kind == "real" else value


def expected_count(values, kind, op, value, nan_is_greatest):
    if op == "null":
        return sum(1 for one in values if one is None)
    if op == "nan":
        return sum(1 for one in values if one == "NaN")
    counted = 0
    for one in values:
        if one is None:
            continue
        if kind == "real" and one == "NaN":
            counted += nan_is_greatest and op == ">="
            continue
        key = as_key(one, kind)
        if kind in ("string", "dynamic"):
            key, wanted = key.encode(), value.encode()
        else:
            wanted = micros(value) if kind == "timestamp" else value
        counted += key == wanted if op == "=" else key < wanted if op == "<" else key >= wanted
    return counted


def questions(values, kind):
    """(op, value) for a column: its least, its middle and its greatest value, and one that it lacks."""
    yield ("null", None)
    if kind == "real":
        yield ("nan", None)
    found = sorted({as_key(one, kind) for one in values if one is not None and one != "NaN"}, key=lambda one: one.encode() if isinstance(one, str) else one)
    found = [one for one in found if not isinstance(one, str) or len(one) < 1000]
    if kind == "boolean":
        return
    if kind == "timestamp":
        found = [EPOCH, EPOCH + timedelta(microseconds=1_780_000_000_123_456)] if found else []
    chosen = [found[index] for index in sorted({0, len(found) // 2, len(found) - 1})] if found else []
    for value in chosen:
        if isinstance(value, float) and not math.isfinite(value):
            continue
        yield from ((op, value) for op in ("=", "<", ">="))


def faults_of(reader, folder, columns, truth, mixed):
    slow = reader in SLOW
    data = READERS[reader](folder, columns, mixed)
    names = [column["name"] for column in columns]
    key = names.index("itemId")
    expected = {row[key]: row for row in truth}
    seen = set()
    for row in data.rows():
        known = expected.get(row["itemId"])
        if known is None or row["itemId"] in seen:
            yield f"row {row['itemId']} twice or unknown"
            continue
        seen.add(row["itemId"])
        for column, value in zip(columns, known):
            if column["name"] not in row:
                yield f"no column {column['name']}"
                continue
            found = canonical(row[column["name"]], column["type"])
            if found != value:
                yield f"{row['itemId']} {column['name']}: {str(found)[:60]!r} instead of {str(value)[:60]!r}"
    if len(seen) != len(expected):
        yield f"{len(seen)} rows instead of {len(expected)}"
    asked = [column for column in columns if not slow or column["name"] in FEW]
    for column in asked:
        values = [row[names.index(column["name"])] for row in truth]
        for op, value in questions(values, column["type"]):
            found = data.count(column["name"], op, value)
            if found is None:
                continue
            ways = [True, False] if getattr(data, "nan_is_greatest", False) is None else [getattr(data, "nan_is_greatest", False)]
            right = {expected_count(values, column["type"], op, value, way) for way in ways}
            if found not in right:
                yield f"count {column['name']} {op} {str(value)[:40]!r}: {found} instead of {sorted(right)}"


def main(reader, request):
    results = {}
    for lake in request["lakes"]:
        columns = lake["columns"]
        truth = rows_in(lake["truth"], columns)
        for folder, rows in (("folder", truth), ("mixed", truth + rows_in(lake["oldRows"], columns))):
            try:
                faults = list(faults_of(reader, lake[folder], columns, rows, folder == "mixed"))
            except Exception as error:  # a reader that fails is a fault like others
                faults = [f"{type(error).__name__}: {str(error).strip().splitlines()[0][:300] if str(error).strip() else ''}"]
            results[f"{lake['signal']} {folder}"] = {"faults": len(faults), "first": faults[:8]}
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text("utf-8")))
