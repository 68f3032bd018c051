// Whoever has the library has the public types of its lower floors.
@_exported public import PGTidePlanning
@_exported public import PGTideTransfer
