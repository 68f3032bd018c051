// What moves rows is handed what was decided of them.
@_exported public import PGTidePlanning
