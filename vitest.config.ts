import { defineConfig } from 'vitest/config';

/** Tests read the sources of every package, so that they need no build. */
const conditions = ['@secret-chat/source', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions: ['@secret-chat/source', 'node', 'import', 'module', 'default'] } },
  test: {
    projects: ['packages/*', 'examples/*'],
    coverage: {
      provider: 'v8',
      include: ['packages/{cbor,client,crypto,relay,sqlite,wire}/src/**'],
      reportsDirectory: 'coverage',
      reporter: [['text', { skipFull: true }], 'json-summary'],
      thresholds: { 'packages/{cbor,crypto,wire}/src/**': { lines: 95, branches: 95 } },
    },
  },
});
