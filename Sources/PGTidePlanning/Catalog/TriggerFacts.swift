import PostgresValues

/// What the catalogs say of one trigger of the users, for people to read.
package struct TriggerFacts: Sendable, Equatable {
  package let name: Identifier
  /// The bits of `tgtype` (manual, "53.58 pg_trigger"; their meaning is in the server's `trigger.h`).
  private let bits: Int
  /// `tgenabled`: `O` and `A` run for ordinary sessions.
  private let state: String
  /// With its schema, as SQL.
  package let function: String
  /// The function's text, and the trigger's arguments.
  private let code: String

  package init(name: Identifier, bits: Int, state: String, function: String, code: String) {
    (self.name, self.bits, self.state, self.function, self.code) = (name, bits, state, function, code)
  }

  private var isForRows: Bool { bits & 1 != 0 }
  private var isBefore: Bool { bits & 2 != 0 }
  private var isInstead: Bool { bits & 64 != 0 }
  private var isOnUpdate: Bool { bits & 16 != 0 }
  package var isEnabled: Bool { state == "O" || state == "A" }

  /// One line: `touch (BEFORE INSERT OR UPDATE, app.touch)`.
  package var summary: String {
    let events = [(4, "INSERT"), (16, "UPDATE"), (8, "DELETE"), (32, "TRUNCATE")].filter { bits & $0.0 != 0 }.map(\.1)
    let time = isInstead ? "INSTEAD OF" : isBefore ? "BEFORE" : "AFTER"
    return "\(name.name) (\(time) \(events.joined(separator: " OR ")), \(function)\(isEnabled ? "" : ", disabled"))"
  }

  /// Whether an update gets a value for the column from it, as far as that can be seen: it runs before the row is written,
  /// and its function or its arguments name the column.
  package func keeps(_ column: Identifier) -> Bool {
    isEnabled && isForRows && isBefore && isOnUpdate && names(column)
  }

  private func names(_ column: Identifier) -> Bool {
    let text = Array(code.lowercased().unicodeScalars)
    let name = Array(column.name.lowercased().unicodeScalars)
    guard !name.isEmpty, text.count >= name.count else { return false }
    func isPart(_ scalar: Unicode.Scalar) -> Bool { scalar == "_" || scalar.properties.isAlphabetic || isDigit(scalar) }
    func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    return (0...(text.count - name.count)).contains { start in
      let end = start + name.count
      return text[start..<end].elementsEqual(name) && (start == 0 || !isPart(text[start - 1]))
        && (end == text.count || !isPart(text[end]))
    }
  }
}
