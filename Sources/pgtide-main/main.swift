import ArgumentParser
import PGTideCommand

await RootCommand.main()
