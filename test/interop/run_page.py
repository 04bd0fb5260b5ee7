"""Runs one block of docs/reading.md in the folder above `lake` and prints how many rows it finds: run_page.py <kind> <file>."""
import ast
import sys

kind, path = sys.argv[1], sys.argv[2]
with open(path, encoding="utf-8") as file:
    code = file.read()

if kind == "chdb":
    import chdb

    print(str(chdb.query(code, "CSV")).strip())
    sys.exit(0)

names = {}
if kind == "spark":
    from pyspark.sql import SparkSession

    names["spark"] = SparkSession.builder.master("local[1]").getOrCreate()
tree = ast.parse(code)
# What the last line gives is what a reader of the page would look at.
last = tree.body.pop()
exec(compile(tree, path, "exec"), names)
value = eval(compile(ast.Expression(last.value), path, "eval"), names)
print(value.count() if kind == "spark" else len(value))
