/// Why a column's values cannot get to the target.
package struct CastProblem: Error {
  package var reason: String
  package var hint: String
}
