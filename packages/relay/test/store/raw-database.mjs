// Asks a relay's database something in a process of its own, while no store has it open, and prints the rows as JSON.
// Arguments: path, SQL. (In the test's own process the connection would live until the garbage collector comes.)
import { createRequire } from 'node:module';
import process from 'node:process';

const { DatabaseSync } =
  process.getBuiltinModule?.('node:sqlite') ?? createRequire(import.meta.url)('@photostructure/sqlite');
const [path, sql] = process.argv.slice(2);
process.stdout.write(JSON.stringify(new DatabaseSync(path).prepare(sql).all()));
