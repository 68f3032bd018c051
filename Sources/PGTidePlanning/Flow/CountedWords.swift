/// Numbers of things in messages.
package enum CountedWords {
  /// `1 row`, `2 rows`, with what is said of one, or of several.
  package static func rows(_ count: Int, _ one: String = "", _ several: String = "") -> String {
    "\(count) \(count == 1 ? "row" : "rows")" + (one.isEmpty ? "" : " \(count == 1 ? one : several)")
  }
}
