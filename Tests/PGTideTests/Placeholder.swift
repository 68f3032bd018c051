// Filled with the first unit tests.
