// Not the entry: a test that replaces one of its modules must be the first to load it.
import { ready } from '../../src/primitives/sodium.ts';

await ready;
