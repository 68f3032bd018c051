/// The two ends of a flow.
enum EndName: String {
  case source, target
}
