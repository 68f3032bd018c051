/// Columns of text, padded to the widest cell.
struct TextTable {
  enum Column {
    case left(String)
    case right(String)

    var title: String {
      switch self {
      case .left(let title), .right(let title): title
      }
    }
  }

  private enum Line {
    case cells([String])
    case rule
  }

  private let columns: [Column]
  private var lines: [Line]

  init(_ columns: [Column]) {
    self.columns = columns
    lines = [.cells(columns.map(\.title))]
  }

  mutating func add(_ cells: [String]) { lines.append(.cells(cells)) }

  mutating func addRule() { lines.append(.rule) }

  var text: String {
    let widths = columns.indices.map { index in
      lines.map { line in if case .cells(let cells) = line { cells[index].count } else { 0 } }.max() ?? 0
    }
    // A last column without a word in it takes no room.
    let seen = widths.prefix(upTo: (widths.lastIndex { $0 > 0 } ?? -1) + 1)
    return lines.map { line in
      switch line {
      case .rule: return String(repeating: "-", count: seen.reduce(0, +) + 2 * max(0, seen.count - 1))
      case .cells(let cells):
        let padded = cells.indices.map { index in
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
