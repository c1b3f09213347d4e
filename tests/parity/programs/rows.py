"""Row objects: access, comparison, conversion, kinds."""

from pyflink.common import Row, RowKind

row, named = Row(1, "a"), Row(id=1, name="a")
print(row, named, row == named, Row(1, "a") == row, named == Row(name="a", id=1), hash(row) == hash(Row(1, "a")))
print(row[0], row[1], row[0:2], named["name"], named.id, named[0], len(named), list(named))
print("id" in named, "a" in named, "a" in row, "id" in row)
print(named.as_dict(), Row(a=Row(b=1), c=[Row(d=2)]).as_dict(), Row(a=Row(b=1), c=[Row(d=2)]).as_dict(True))
Person = Row("name", "age")
alice = Person("Alice", 11)
print(Person, alice, alice.age, Person("Bob", None).as_dict())
alice["age"] = 12
alice[0] = "Alicia"
print(alice, alice.get_fields_by_names(["age"]), alice.get_fields_by_names(["name", "age"]))
row.set_field_names(["x", "y"])
print(row, row.x)
print(Row(), len(Row()), Row() == Row(), Row(None), Row(Row(1, [2]), {"a": Row(b=3)}))
for kind in RowKind:
    changed = Row.of_kind(kind, 1, "a")
    print(changed, changed.get_row_kind(), changed == Row(1, "a"))
named.set_row_kind(RowKind.DELETE)
print(named.get_row_kind(), named == Row(id=1, name="a"))
for wrong in (
    lambda: Row(1, a=2),
    lambda: Row(1)[3],
    lambda: Row(a=1)["b"],
    lambda: Row(a=1).b,
    lambda: Row(1).as_dict(),
    lambda: Row("a")(1, 2),
    lambda: setattr(alice, "name", "x"),
):
    try:
        print(wrong())
    except Exception as error:
        print(type(error).__name__)
print(sorted([Row(2, "a"), Row(1, "b")], key=lambda r: r[0]), {Row(1): "one"}[Row(1)])
