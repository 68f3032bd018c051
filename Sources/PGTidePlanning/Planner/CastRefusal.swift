/// Why a column's values cannot get to the target.
package struct CastRefusal: Error {
  package var reason: String
  package var hint: String
}
