/// Columns of text, padded to the widest cell.
struct TextTable {
  enum Column {
    case left(String)
    case right(String)
    /// To the right, and left out where a line is too wide with it.
    case spare(String)

    var title: String {
      switch self {
      case .left(let title), .right(let title), .spare(let title): title
      }
    }

    var isSpare: Bool { if case .spare = self { true } else { false } }
  }

  private enum Line {
    case cells([String])
    case rule
  }

  private let columns: [Column]
  private let width: Int?
  private var lines: [Line]

  /// - Parameter width: of a line, as far as columns can be spared; `nil`: as wide as it comes.
  init(_ columns: [Column], width: Int? = nil) {
    self.columns = columns
    self.width = width
    lines = [.cells(columns.map(\.title))]
  }

  mutating func add(_ cells: [String]) { lines.append(.cells(cells)) }

  mutating func addRule() { lines.append(.rule) }

  var text: String {
    let widths = columns.indices.map { index in
      lines.map { line in if case .cells(let cells) = line { cells[index].count } else { 0 } }.max() ?? 0
    }
    // A column without a word in it takes no room.
    var seen = columns.indices.filter { widths[$0] > 0 }
    func length() -> Int { seen.map { widths[$0] }.reduce(0, +) + 2 * max(0, seen.count - 1) }
    while let width, length() > width, let spare = seen.lastIndex(where: { columns[$0].isSpare }) {
      seen.remove(at: spare)
    }
    return lines.map { line in
      switch line {
      case .rule: return String(repeating: "-", count: length())
      case .cells(let cells):
        let padded = seen.map { index in
          let padding = String(repeating: " ", count: widths[index] - cells[index].count)
          if case .left = columns[index] { return cells[index] + padding }
          return padding + cells[index]
        }
        return trimmed(padded.joined(separator: "  "))
      }
    }.joined(separator: "\n")
  }

  private func trimmed(_ line: String) -> String {
    var line = line[...]
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}
