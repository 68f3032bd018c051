import CLibPQ

/// The keywords that have a value in libpq's list, which ends with an entry without a keyword (manual, "34.1 Database
/// Connection Control Functions").
package func keywordValues(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
  var values: [String: String] = [:]
  var option = unsafe options
  while let keyword = unsafe option.pointee.keyword {
    if let value = unsafe option.pointee.val {
      values[unsafe String(cString: keyword)] = unsafe String(cString: value)
    }
    unsafe option += 1
  }
  return values
}

/// The keywords of libpq's list.
func keywordNames(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String] {
  var names: [String] = []
  var option = unsafe options
  while let keyword = unsafe option.pointee.keyword {
    names.append(unsafe String(cString: keyword))
    unsafe option += 1
  }
  return names
}
