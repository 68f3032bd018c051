import PostgresValues

/// Finds the rows of a chunk with a text that one end cannot send or the other cannot hold: a byte that is no UTF-8 out of
/// a database without an encoding, or a character that the target's encoding does not have.
///
/// The server that sends or takes such a row ends the whole COPY. Then the chunk is looked through on the source, in blocks
/// that are halved where they cannot be converted, and read once more with those texts escaped and the rows marked: the
/// comparison rejects them by their key.
package struct UnreadableRows: Sendable {
  package let chunk: Chunk
  package let columns: [StagedColumn]
  /// The target's encoding.
  package let encoding: String

  package init(chunk: Chunk, columns: [StagedColumn], encoding: String) {
    self.chunk = chunk
    self.columns = columns
    self.encoding = encoding
  }

  /// What is found in a chunk at most: where a table has more of them, all its texts want another expression.
  package static let most = 10_000
  private static let blockRows = 128
  private static let row = Identifier("pgtide row")

  /// Whether one end's texts may be none for the other. All pass through UTF-8.
  package static func mayExist(_ source: ServerFacts, _ target: ServerFacts) -> Bool {
    source.encoding != target.encoding || source.encoding == "SQL_ASCII"
  }

  package static func takesAnyText(_ encoding: String) -> Bool { ["UTF8", "SQL_ASCII"].contains(encoding) }

  /// The chunk with its unreadable rows marked; `nil` if there is none. For the source, inside of the snapshot.
  package var marked: Question<Chunk?> {
    Question.all(
      .running(["DO \(dollarQuoted: search)" as SQL]), Question(Self.result) { marked($0.rows.first?.text(0) ?? "") }
    ).map { $0.1 }
  }

  private func marked(_ unreadable: String) -> Chunk? {
    let found = unreadable.split(separator: " ").map { $0.split(separator: ":") }
    guard !found.isEmpty else { return nil }
    // Which rows are unreadable in which column, by its place.
    var rows: [Int: [String]] = [:]
    for entry in found where entry.count == 2 {
      for place in entry[1].split(separator: ",").compactMap({ Int($0) }) {
        rows[place, default: []].append("\(entry[0])")
      }
    }
    return Chunk(
      table: chunk.table, number: chunk.number, query: query(rows), format: chunk.format, bytes: chunk.bytes,
      isCutOnTheWay: chunk.isCutOnTheWay, pins: chunk.pins)
  }

  /// What reads the chunk once more, as if one row were unreadable in the first column that may hold text.
  package var example: SQL { query([searched.first { $0.column.isText }?.place ?? 0: ["row"]]) }

  private func query(_ rows: [Int: [String]]) -> SQL {
    func isUnreadable(_ place: Int) -> SQL {
      "r.\(Self.row) OPERATOR(pg_catalog.=) ANY (\(literal: arrayText(rows[place] ?? []))::pg_catalog.text[])"
    }
    let selected = columns.enumerated().map { place, column -> SQL in
      if column.name == StageTable.unreadableColumn {
        let cases = rows.keys.sorted().map {
          "WHEN \(isUnreadable($0)) THEN \(literal: columns[$0].name.name)" as SQL
        }
        return "CASE \(cases.joined(separator: " ")) END AS \(column.name)"
      }
      guard rows[place] != nil else { return "r.\(column.name)" }
      return "CASE WHEN \(isUnreadable(place)) THEN \(escaped(column)) ELSE r.\(column.name) END AS \(column.name)"
    }
    return "SELECT \(selected.joined(separator: ", "))\nFROM (\(identified) OFFSET 0) AS r"
  }

  /// A text shows its bytes; of anything else that holds a text, nothing can be shown.
  private func escaped(_ column: StagedColumn) -> SQL {
    guard column.isText else { return "NULL" }
    let bytes: SQL = """
      pg_catalog.convert_to(r.\(column.name)::pg_catalog.text, pg_catalog.getdatabaseencoding())
      """
    return "pg_catalog.encode(\(bytes), 'escape')::\(column.type)"
  }

  /// The chunk's rows with what tells them apart. A view has no row identifiers, so that their content does.
  private var identified: SQL {
    "SELECT r.*, pg_catalog.md5(ROW(r.*)::pg_catalog.text) AS \(Self.row) FROM (\(chunk.query)) AS r"
  }

  // MARK: - The search

  private static let result: SQL = "SELECT pg_catalog.current_setting('pgtide.unreadable')"

  /// Columns that may hold text. A byte of a "char" is sent as it is.
  private var searched: [(place: Int, column: StagedColumn)] {
    columns.enumerated().map { ($0.offset, $0.element) }.filter {
      $0.1.name != StageTable.unreadableColumn && TextFormatCheck.obstacle([$0.1]) == nil
    }
  }

  private func converted(_ text: SQL) -> SQL {
    let sent: SQL = "pg_catalog.convert_to(\(text), 'UTF8')"
    return Self.takesAnyText(encoding) ? sent : "pg_catalog.convert(\(sent), 'UTF8', \(literal: encoding))"
  }

  private var search: SQL {
    let texts = searched.map { "pg_catalog.array_agg(r.\($0.column.name)::pg_catalog.text) AS c\($0.place)" as SQL }
    let row = searched.map { "r.\($0.column.name)" as SQL }.joined(separator: ", ")
    return """
      -- Looks for rows with a text that cannot be converted.
      #variable_conflict use_column
      <<pgtide>>
      DECLARE
        block pg_catalog.record;
        low integer;           -- the part that is tried is block[low:high]
        high integer;
        bad_until integer;     -- a part that ended here failed
        is_bad boolean;
        places pg_catalog.text[];
        unreadable pg_catalog.text[] := '{}';
      BEGIN
        FOR block IN
          SELECT pg_catalog.array_agg(r.\(Self.row)) AS names, pg_catalog.array_agg(r.whole) AS wholes,
            \(texts.joined(separator: ",\n      "))
          FROM (
            SELECT r.*, ROW(\(row))::pg_catalog.text AS whole,
              (pg_catalog.row_number() OVER ()) OPERATOR(pg_catalog./) \(Self.blockRows) AS block
            FROM (\(identified)) AS r) AS r
          GROUP BY r.block
        LOOP
          low := 1;
          bad_until := 0;
          WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block.names) LOOP
            high := CASE WHEN low OPERATOR(pg_catalog.<=) bad_until
              THEN (low OPERATOR(pg_catalog.+) bad_until) OPERATOR(pg_catalog./) 2
              ELSE pg_catalog.cardinality(block.names) END;
            is_bad := false;
            BEGIN
              PERFORM \(converted("pg_catalog.array_to_string(block.wholes[low:high], ' ')"));
            EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
              is_bad := true;
            END;
            IF NOT is_bad THEN
              low := high OPERATOR(pg_catalog.+) 1;
              CONTINUE;
            ELSIF low OPERATOR(pg_catalog.<) high THEN
              bad_until := high;
              CONTINUE;
            END IF;
            places := '{}';
            \(indented: searched.map { finding($0.place) }.joined(separator: "\n"), by: 6)
            unreadable := pg_catalog.array_append(unreadable,
              pg_catalog.concat(block.names[low], ':', pg_catalog.array_to_string(places, ',')));
            IF pg_catalog.cardinality(unreadable) OPERATOR(pg_catalog.>) \(Self.most) THEN
              RAISE EXCEPTION USING ERRCODE = 'untranslatable_character', MESSAGE =
                'more than \(Self.most) rows of a chunk hold texts that the other end cannot take';
            END IF;
            low := low OPERATOR(pg_catalog.+) 1;
          END LOOP;
        END LOOP;
        PERFORM pg_catalog.set_config('pgtide.unreadable', pg_catalog.array_to_string(unreadable, ' '), true);
      END pgtide
      """
  }

  /// Says of the single row `low` whether it is this column.
  private func finding(_ place: Int) -> SQL {
    """
    BEGIN
      PERFORM \(converted("block.c\(place)[low]"));
    EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
      places := pg_catalog.array_append(places, '\(place)');
    END;
    """
  }
}

extension StagedColumn {
  fileprivate var isText: Bool {
    ["text", "character varying", "bpchar", "character"].contains(TypeName.short(type.text))
  }
}
