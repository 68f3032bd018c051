/// How many rows of a table something may concern: a number, or a part of all.
public enum RowLimit: Sendable, Equatable {
  case rows(Int)
  /// From 0 to 100.
  case percent(Double)

  /// The most of so many rows.
  package func most(of rows: Int) -> Int {
    switch self {
    case .rows(let number): number
    // 100 % of any number is that number, whatever a product is rounded to.
    case .percent(let part): part >= 100 ? rows : Int((Double(rows) * part / 100).rounded(.down))
    }
  }

  /// As people write it: `200` or `5%`; `nil` for what is none.
  package static func parse(_ text: String) -> RowLimit? {
    guard text.last == "%" else { return Int(text).flatMap { $0 >= 0 ? .rows($0) : nil } }
    let number = text.dropLast().filter { $0 != " " }
    guard number.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let part = Double(number), part <= 100 else {
      return nil
    }
    return .percent(part)
  }

  package static let expected = "a number of rows, or a part such as 5%"
}

extension RowLimit: CustomStringConvertible {
  public var description: String {
    switch self {
    case .rows(let number): "\(number)"
    case .percent(let part): part.rounded() == part ? "\(Int(part)) %" : "\(part) %"
    }
  }
}
