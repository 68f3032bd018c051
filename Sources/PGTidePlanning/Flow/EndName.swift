/// The two ends of a flow.
package enum EndName: String {
  case source, target
}
