import { type RatchetState, Secret } from '../../src/index.ts';

/** Every {@link Secret} that can be reached from `value`, found by walking it, not by its types. */
export function secretsIn(value: unknown): Set<Secret> {
  if (value instanceof Secret) {
    return new Set([value]);
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) {
    return new Set();
  }
  const children = value instanceof Map ? [...value.values()] : Object.values(value);
  return new Set(children.flatMap((child) => [...secretsIn(child)]));
}

/** Those of `old` that `current` does not hold any more, and those that it does. */
export function compareSecrets(old: RatchetState, current: RatchetState): { dropped: Secret[]; kept: Secret[] } {
  const [before, after] = [secretsIn(old), secretsIn(current)];
  return {
    dropped: [...before].filter((secret) => !after.has(secret)),
    kept: [...after],
  };
}
