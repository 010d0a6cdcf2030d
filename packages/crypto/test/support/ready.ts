import { ready } from '../../src/index.ts';

await ready;
