/** A page whose device talks to somebody, and that tells its server what it saw; `chromium.test.ts` is the other side. */

import { memoryStore, openDevice } from '../../src/index.ts';
import { Told } from './told.ts';

/** What the server tells the page. */
export interface Settings {
  readonly relay: string;
  readonly relayToken: string;
  /** An invite of the other side, which sends a text that is gone a second after it was read, and a file, and ends the chat. */
  readonly link: string;
  /** A relay that the page's Content Security Policy forbids. */
  readonly forbidden: string;
}

/** What the page tells the server. */
export interface Seen {
  readonly fingerprint: string;
  /** What the file held. */
  readonly received: string;
  /** How long the page stood still at most while the device was opened, as a share of that time. */
  readonly longestPause: number;
  readonly destroyed: string;
  /** Why there is no connection to the forbidden relay. */
  readonly refusal: string | undefined;
  /** Whatever nobody handled, and the policies that were violated. */
  readonly errors: readonly string[];
}

/** Both sides send one: too large to be fetched by itself. */
export const FILE: Uint8Array<ArrayBuffer> = new Uint8Array(2_500_000).map((_, i) => i % 251);

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toString();
}

async function run(): Promise<void> {
  const errors: string[] = [];
  addEventListener('error', ({ message }) => errors.push(message));
  addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason)));
  addEventListener('securitypolicyviolation', ({ effectiveDirective }) => errors.push(effectiveDirective));
  const settings: Settings = await (await fetch('/settings')).json();
  const seen = await talk(settings).catch((error: unknown) => ({ failed: String(error) }));
  await fetch('/seen', { method: 'POST', body: JSON.stringify({ ...seen, errors }) });
}

async function talk({ relay, relayToken, link, forbidden }: Settings): Promise<Omit<Seen, 'errors'>> {
  const own = { passphrase: 'correct horse battery staple', name: 'Page' };
  const told = new Told();
  const opening = openDevice({ ...own, store: memoryStore(), relay, relayToken });
  const longestPause = await longestPauseIn(opening);
  const device = await opening;
  device.subscribe(told.listen);

  const chat = await device.join(link, { text: 'may I?' });
  const text = await told.theirs('text');
  await chat.sendText('an answer', { replyTo: text });
  await chat.markRead(text);
  const { why: destroyed } = await told.event('destroyed', text);

  const file = await told.theirs('file');
  await chat.fetchFile(file);
  const opened = await chat.openFile(file);
  const received = await sha256((await opened.read(0, opened.size)) as Uint8Array<ArrayBuffer>);
  await opened.close();
  await chat.sendFile(new Blob([FILE]), { name: 'a file' });
  const fingerprint = chat.fingerprint().digits.join(' ');
  await told.event('ended');
  await device.deleteAccount();

  const lonely = await openDevice({ ...own, store: memoryStore(), relay: forbidden });
  lonely.createInvite().catch(() => {});
  const refused = new Told();
  lonely.subscribe(refused.listen);
  const refusal = await refused.first(({ type, ...event }) =>
    type === 'link' && 'link' in event && event.link.state === 'waiting' ? event.link.reason : undefined,
  );
  await lonely.close();
  return { fingerprint, received, longestPause, destroyed, refusal };
}

async function longestPauseIn(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  let last = start;
  let longest = 0;
  const look = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 1);
  await work;
  look();
  clearInterval(timer);
  return longest / (last - start);
}

// The other side takes types and the file from here.
if ('document' in globalThis) {
  await run();
}
