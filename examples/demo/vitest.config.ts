import { defineProject } from 'vitest/config';

/** Sources of other packages, so that nothing has to be built first. */
const conditions = ['@secret-chat/source', 'import', 'module', 'default'];

export default defineProject({
  resolve: { conditions },
  ssr: { resolve: { conditions: ['@secret-chat/source', 'node', 'import', 'module', 'default'] } },
  test: { name: 'demo', include: ['test/**/*.test.ts'], testTimeout: 60_000 },
});
