import { defineProject } from 'vitest/config';

export default defineProject({ test: { name: 'cbor', include: ['test/**/*.test.ts'] } });
