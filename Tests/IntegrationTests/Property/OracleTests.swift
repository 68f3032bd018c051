import Testing

/// The model and the comparison by themselves: what they must say of a small case that can be worked out by hand, and
/// that each kind of wrong result is seen. Needs no server.
@Suite struct OracleTests {
  /// A parent table, and a child with a marker and stamps.
  private static let schema: RandomSchema = {
    func column(_ name: String, _ type: ColumnType, isNotNull: Bool = false) -> RandomSchema.Column {
      RandomSchema.Column(name: name, sourceName: name, type: type, isNotNull: isNotNull)
    }
    let parent = RandomSchema.Table(
      name: "parent", sourceName: "parent", columns: [column("id", .int4, isNotNull: true)], key: [0], keyKind: .primary
    )
    var child = RandomSchema.Table(
      name: "child", sourceName: "child",
      columns: [
        column("id", .int4, isNotNull: true), column("parent", .int4), column("name", .textToShort, isNotNull: true),
      ], key: [0], keyKind: .primary)
    child.references = [RandomSchema.Reference(name: "fk", columns: [1], parent: 0)]
    child.marker = RandomSchema.Marker(column: "source", type: "text", ours: "D", oursShown: "D", others: ["M"])
    child.hasStamps = true
    return RandomSchema(sourceSchema: "public", targetSchema: "public", tables: [parent, child])
  }()

  private func state(_ parents: [String?], _ children: [[String: String?]]) -> DatabaseState {
    func rows(_ all: [[String: String?]]) -> [DatabaseState.Row] {
      all.enumerated().map { number, values in
        DatabaseState.Row(version: .init(place: "\(number)", writer: "1"), values: values)
      }
    }
    return DatabaseState(tables: [
      .init(columns: ["id"], rows: rows(parents.map { ["id": $0] })), .init(columns: [], rows: rows(children)),
    ])
  }

  private func office(_ id: String?, _ parent: String?, _ name: String?) -> [String: String?] {
    ["id": id, "parent": parent, "name": name]
  }

  private func app(_ id: String, _ parent: String?, _ name: String, _ source: String?) -> [String: String?] {
    [
      "id": id, "parent": parent, "name": name, "source": source, RandomSchema.stamps.created: "then",
      RandomSchema.stamps.updated: "then",
    ]
  }

  // MARK: - Verdicts

  private func verdicts(source: DatabaseState, target: DatabaseState) -> [Model.Verdict] {
    Model(schema: Self.schema, source: source, target: target).candidates()[1].map(\.verdict)
  }

  @Test func `the model gives each row the first verdict that fits`() {
    let source = state(
      ["1", "2"],
      [
        office("1", "1", "new"), office("2", "1", "same"), office("3", "2", "other"), office("4", "1", "app's"),
        office("5", "9", "lost"), office("6", "9", "lost"), office(nil, "9", nil), office("7", "9", nil),
        office("8", "9", "far too long"), office("9", "9", "x"), office("9", nil, "y"),
      ])
    let target = state(
      [],
      [
        app("2", "1", "same", "D"), app("3", "2", "before", nil), app("4", "1", "mine", "M"),
        app("6", "9", "lost", "D"),
      ])
    #expect(
      verdicts(source: source, target: target) == [
        .insert, .unchanged, .update, .protected, .missingParent, .unchanged, .nullKey, .nullValue, .doesNotFit,
        .duplicateKey, .duplicateKey,
      ])
  }

  @Test func `a rejected parent takes its children along`() {
    let source = state(["1", "2", "2"], [office("1", "1", "in"), office("2", "2", "out")])
    #expect(verdicts(source: source, target: state([], [])) == [.insert, .missingParent])
  }

  // MARK: - Wrong results

  /// The expectation for one row of each kind, the target before, and the right result.
  private var sample: (comparison: Comparison, before: DatabaseState, after: DatabaseState) {
    let source = state(["1"], [office("1", "1", "new"), office("2", "1", "same"), office("3", "1", "other")])
    let before = state(
      ["1"], [app("2", "1", "same", "D"), app("3", "1", "old", "D"), app("4", "1", "mine", "M")])
    var after = before
    after.tables[1].rows[1].version.writer = "2"
    after.tables[1].rows[1].values["name"] = "other"
    after.tables[1].rows[1].values[RandomSchema.stamps.updated] = "now"
    var new = DatabaseState.Row(values: app("1", "1", "new", "D"))
    new.values[RandomSchema.stamps.created] = "now"
    after.tables[1].rows.append(new)
    let expected = Expectation.all(Model(schema: Self.schema, source: source, target: before))
    return (Comparison(schema: Self.schema, expected: expected), before, after)
  }

  @Test func `the right result shows no difference`() {
    let (comparison, before, after) = sample
    #expect(comparison.differences(before: before, after: after) == [])
  }

  @Test(arguments: WrongResult.all) func `a wrong result is seen`(_ wrong: WrongResult) {
    var (comparison, before, after) = sample
    wrong.change(&after.tables[1].rows)
    #expect(comparison.differences(before: before, after: after).count >= 1)
  }

  /// Something that an engine could do wrong. Rows: 0 unchanged, 1 updated, 2 the app's, 3 inserted.
  struct WrongResult: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let change: @Sendable (inout [DatabaseState.Row]) -> Void

    static let all = [
      WrongResult(testDescription: "a row of the app is changed") { $0[2].values["name"] = "new" },
      WrongResult(testDescription: "a row of the app is written as it was") { $0[2].version.writer = "2" },
      WrongResult(testDescription: "a row of the app is gone") { $0.remove(at: 2) },
      WrongResult(testDescription: "an unchanged row is written as it was") { $0[0].version.place = "9" },
      WrongResult(testDescription: "an update is missing") { $0[1].values["name"] = "old" },
      WrongResult(testDescription: "an update has the wrong value") { $0[1].values["name"] = "else" },
      WrongResult(testDescription: "an update changes the marker") { $0[1].values["source"] = "M" },
      WrongResult(testDescription: "an update leaves its stamp") { $0[1].values[RandomSchema.stamps.updated] = "then" },
      WrongResult(testDescription: "an update moves the stamp of the insert") {
        $0[1].values[RandomSchema.stamps.created] = "now"
      },
      WrongResult(testDescription: "an insert is missing") { $0.remove(at: 3) },
      WrongResult(testDescription: "an insert has no marker") { $0[3].values["source"] = .some(nil) },
      WrongResult(testDescription: "an insert is there twice") { $0.append($0[3]) },
      WrongResult(testDescription: "a value became NULL") { $0[3].values["parent"] = .some(nil) },
    ]
  }
}
