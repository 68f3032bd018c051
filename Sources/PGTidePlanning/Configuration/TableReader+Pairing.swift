import PostgresValues
import Yams

extension TableReader {
  private static let generated = "generated"
  private static let none = "none"

  /// The words that `key` takes beside columns. A column of that name stands in a list.
  func pairing(_ mapping: KnownMapping) -> PairingRule? {
    switch mapping.node("key")?.text {
    case Self.generated: .generated(match: mapping.names("match"))
    case Self.none: .keyless
    default: nil
    }
  }

  func checkPairing(_ table: TableConfiguration, _ mapping: KnownMapping) {
    if mapping.has("match"), mapping.node("key")?.text != Self.generated {
      mistakes.add(
        mapping.node("match") ?? mapping.node, "\(mapping.place): `match` belongs to `key: generated`")
    }
    guard let pairing = table.pairing, let word = mapping.node("key")?.text else { return }
    if mapping.node("duplicates") != nil, table.duplicates != .rejectAll {
      mistakes.add(
        mapping.node("duplicates"),
        "\(mapping.place): `duplicates` has no say with `key: \(word)`: each row of the source has one on the target")
    }
    if mapping.node("null_key") != nil {
      mistakes.add(
        mapping.node("null_key"),
        "\(mapping.place): `null_key` has no say with `key: \(word)`: NULL is a value like others there")
    }
    guard case .generated(let match) = pairing else { return }
    for name in Set(table.skip).intersection(match).sorted() {
      mistakes.add(
        mapping.node("skip"), "\(mapping.place): column `\(name)` stands under `match`, so it cannot be skipped")
    }
  }
}
