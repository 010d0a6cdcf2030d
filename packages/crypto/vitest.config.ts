import { defineProject } from 'vitest/config';

export default defineProject({
  test: {
    name: 'crypto',
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/ready.ts'],
    testTimeout: 60_000,
  },
});
