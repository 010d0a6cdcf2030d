import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const home = new URL('../../', import.meta.url);
const docs = new URL('../../docs/', home);
const protocol = new URL('protocol/', docs);

const filesIn = (folder: URL, ending: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => new URL(name.replaceAll('\\', '/'), folder));
const nameOf = (file: URL) => file.href.slice(new URL('../../', home).href.length);

const sources = ['src/', '../cbor/src/', '../client/src/'].flatMap((folder) => filesIn(new URL(folder, home), '.ts'));
const texts = [...filesIn(docs, '.md'), new URL('README.md', home)];
const documents = readdirSync(protocol).map((name) => name.replace('.md', ''));

/** The numbers of a document's sections, as `6` and `6.1`, of headings and of numbered paragraphs. */
function sectionsOf(document: string): Set<string> {
  const headings = readFileSync(new URL(`${document}.md`, protocol), 'utf8').matchAll(/^(?:#+ )?(\d+(?:\.\d+)*)\.? /gm);
  return new Set([...headings].map(([, number]) => number as string));
}

/** What the text cites: `docs/protocol/ratchet.md §6 and §7`, `ratchet §6.5`, and a bare `§6` of its own specification. */
function citationsIn(text: string): [document: string, section: string][] {
  const found: [string, string][] = [];
  for (const [, document, list] of text.matchAll(/docs\/protocol\/(\w+)\.md((?:(?:, | and | to |–)?\s*§[\d.]*\d)*)/g)) {
    found.push(...[...(list ?? '').matchAll(/[\d.]*\d/g)].map(([number]): [string, string] => [`${document}`, number]));
  }
  for (const [, document, section] of text.matchAll(new RegExp(`\\b(${documents.join('|')})\\]? §([\\d.]*\\d)`, 'g'))) {
    found.push([`${document}`, `${section}`]);
  }
  const own = text.match(/Spec: docs\/protocol\/(\w+)\.md/)?.[1];
  for (const [, section] of own === undefined ? [] : text.matchAll(/(?:\(|\/\*\* |\/\/ )§([\d.]*\d)/g)) {
    found.push([`${own}`, `${section}`]);
  }
  return found;
}

/** GitHub's name for a heading. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => `${heading}`.toLowerCase());
  return new Set(headings.map((heading) => heading.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')));
}

test.each([...sources, ...texts].map((file) => [nameOf(file), file] as const))('%s cites what exists', (_, file) => {
  const missing = citationsIn(readFileSync(file, 'utf8')).filter(
    ([document, section]) => !documents.includes(document) || !sectionsOf(document).has(section),
  );
  expect(missing).toEqual([]);
});

test.each(texts.map((file) => [nameOf(file), file] as const))('%s links to what exists', (_, file) => {
  const links = readFileSync(file, 'utf8').matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g);
  const broken = [...links].filter(([, path, anchor]) => {
    const target = path === '' ? file : new URL(`${path}`, file);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).has(anchor));
  });
  expect(broken.map(([, path, anchor]) => anchor ?? path)).toEqual([]);
});
