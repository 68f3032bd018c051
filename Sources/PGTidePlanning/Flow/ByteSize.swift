/// Sizes as people write them: `65536`, `64KiB`, `16 MB`.
package enum ByteSize {
  /// Bytes; `nil` when the text is no size. `kB`, `MB` and `GB` are powers of 1000, `KiB`, `MiB` and `GiB` of 1024.
  package static func parse(_ text: String) -> Int? {
    let units = [
      "": 1, "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
    ]
    guard let (number, unit) = NumberWithUnit.split(text), let factor = units[unit.lowercased()] else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
    return overflows ? nil : bytes
  }
}
