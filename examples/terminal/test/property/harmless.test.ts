import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmless, harmlessJson, oneLine, shortName } from '../../src/harmless.ts';
import { timerText } from '../../src/views/timer-text.ts';

/** Everything that may drive a terminal or turn its order of characters around, written down without regard to the code. */
const DRIVES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0001}\u{e0020}-\u{e007f}]|[\ud800-\udfff]/u;

/** Texts full of what is dangerous, beside ordinary ones. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(
        '\u001b[2J',
        '\u001b]0;title\u0007',
        '\u009b31m',
        '\u001bP+q\u001b\\',
        '\u202eevil',
        '\u2066',
        '\ufeff',
        '\u2028',
        '\r',
        '\n',
        '\t',
        '\ud83d',
        '\u{e0041}',
        '\u200f',
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('whatever the input', () => {
  it('a text drives no terminal; only line breaks are left', () => {
    fc.assert(
      fc.property(hostile, (text) => !DRIVES.test(harmless(text).replaceAll('\n', ''))),
      { numRuns: 2000 },
    );
  });

  it('a line drives no terminal and is one line', () => {
    fc.assert(
      fc.property(hostile, (text) => !DRIVES.test(oneLine(text))),
      { numRuns: 2000 },
    );
  });

  it('a name is one short line that is not blank', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const shown = shortName(name);
        const graphemes = [...new Intl.Segmenter().segment(shown)].length;
        return !DRIVES.test(shown) && shown.trim() !== '' && graphemes <= 24;
      }),
      { numRuns: 2000 },
    );
  });

  it('JSON drives no terminal, is one line, and says the same', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = harmlessJson({ text });
        return !DRIVES.test(json) && JSON.parse(json).text === text;
      }),
      { numRuns: 2000 },
    );
  });

  it('what was made harmless stays as it is', () => {
    fc.assert(fc.property(hostile, (text) => harmless(harmless(text)) === harmless(text)));
  });

  it('a text without anything dangerous stays as it is', () => {
    const ordinary = fc.string({ unit: 'grapheme-ascii' }).map((text) => text.replace(DRIVES, ''));
    fc.assert(fc.property(ordinary, (text) => harmless(text) === text));
  });
});

describe('what it looks like', () => {
  it.each([
    ['\u001b[31mred', '␛[31mred'],
    ['a\u0000b\u007f', 'a␀b␡'],
    ['\u009b2J', '‹U+009B›2J'],
    ['abc\u202egnp.exe', 'abc‹U+202E›gnp.exe'],
    ['\ufeffx', '‹U+FEFF›x'],
    ['half \ud83d', 'half \ufffd'],
    ['flag \u{e0067}', 'flag ‹U+E0067›'],
    ['one\r\ntwo\rthree', 'one\ntwo␍three'],
    ['a\tb', 'a    b'],
    ['Ali\u2065\u00ad\u3164ce', 'Ali‹U+2065›‹U+00AD›‹U+3164›ce'],
    ['❤️ 葛󠄀', '❤️ 葛󠄀'],
    ['👩‍👩‍👧 نی‌خواهم 漢字 é', '👩‍👩‍👧 نی‌خواهم 漢字 é'],
  ])('%j', (text, shown) => {
    expect(harmless(text)).toBe(shown);
  });

  it('shows line breaks where there is one line, and cuts long names', () => {
    expect(oneLine('one\ntwo')).toBe('one↵two');
    expect(shortName(' Alice\nBob ')).toBe('Alice↵Bob');
    expect(shortName('x'.repeat(60))).toBe(`${'x'.repeat(23)}…`);
    expect(shortName('👩‍👩‍👧'.repeat(30))).toBe(`${'👩‍👩‍👧'.repeat(23)}…`);
    expect(shortName(' \n ')).toBe('↵');
    expect(shortName('   ')).toBe('‹no name›');
    expect(shortName('')).toBe('‹no name›');
  });
});

it('shows timers as people write them', () => {
  expect(['off' as const, 'once' as const, 3, 60, 90, 3600, 86_400, 604_800].map(timerText)).toEqual([
    'off',
    'once',
    '3s',
    '1m',
    '90s',
    '1h',
    '1d',
    '1w',
  ]);
});
