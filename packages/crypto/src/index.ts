export * from './errors.ts';
export * from './primitives/index.ts';
export * from './secret.ts';
