// Runs the store's thread from TypeScript sources, where Node itself cannot (tests, benchmarks, `tsx`): a worker does
// not inherit a loader in Node 20. Not part of the build: from `dist` the thread is `worker.js`.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
