import { expect, it } from 'vitest';
import { defaultDataRoot } from '../../src/data-root.ts';

it.each([
  ['linux', {}, '/home/a', '/home/a/.local/share/secret-chat'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/home/a', '/data/secret-chat'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/a', '/home/a/.local/share/secret-chat'],
  ['darwin', { XDG_DATA_HOME: '/data' }, '/Users/a', '/Users/a/Library/Application Support/secret-chat'],
  ['win32', { APPDATA: 'C:\\Roaming' }, 'C:\\Users\\a', 'C:\\Roaming\\secret-chat'],
  ['win32', {}, 'C:\\Users\\a', 'C:\\Users\\a\\AppData\\Roaming\\secret-chat'],
] as const)('is where %s wants it: %j', (platform, env, home, root) => {
  expect(defaultDataRoot({ platform, env, home })).toBe(root);
});
