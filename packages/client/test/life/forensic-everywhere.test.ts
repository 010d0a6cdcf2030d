/**
 * What was destroyed, with a file, its name, caption and preview, a quote and a given name, is in no byte of what two devices and a
 * relay keep, nor of a folder for temporary files: neither what was said, nor the bytes that it was sealed as.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openBlobFolder } from '../../src/node/blob-folder.ts';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { meet, User, until } from '../media/pair.ts';
import { WatchedPieces } from '../media/watched-pieces.ts';
import { RelayOnDisk } from '../promises/relay-on-disk.ts';
import { ShiftedClock } from '../promises/shifted-clock.ts';
import { Wire } from '../promises/wire.ts';
import { deadParts, Recorder } from '../support/recording-store.ts';
import { bytesIn, foundIn, type Wanted } from '../support/searching.ts';

const TIMER_SECONDS = 120;
const CANARIES = {
  text: 'canary of a text 51d0c2',
  reply: 'canary of a reply 9be47a',
  file: 'canary of a file 77f310',
  name: 'canary-of-a-name-c0ffee.txt',
  caption: 'canary of a caption 2ab9d8',
  preview: 'canary of a preview 0f4e61',
  given: 'canary of a given name 8d3c55',
} as const;
const FILE = new TextEncoder().encode(CANARIES.file.repeat(60_000));

/** Records of a chat that has gone on: how far its clock was seen, what was told, a deletion that is asked for. */
const ENOUGH_FOR_STATE = 2;
/** That the timer was set, by each side, stays in the history. */
const ENOUGH_FOR_NOTICES: number = ENOUGH_FOR_STATE + 8;

interface Watched {
  readonly user: User;
  readonly folder: string;
  readonly recorder: Recorder;
  readonly clock: ShiftedClock;
  readonly wire: Wire;
  readonly pieces: WatchedPieces;
}

interface Scene {
  readonly place: string;
  readonly relay: RelayOnDisk;
  readonly anna: Watched;
  readonly ben: Watched;
  /** Records of either before anything was said. */
  readonly atFirst: readonly number[];
}

async function recordsOf({ recorder }: Watched): Promise<number> {
  return (await recorder.range({ from: new Uint8Array(24), to: new Uint8Array(24).fill(255) })).length;
}

async function openWatched(name: string, place: string, relay: RelayOnDisk): Promise<Watched> {
  const folder = join(place, name);
  const recorder = new Recorder(await openSqliteStore(join(folder, 'store')));
  const [clock, wire, pieces] = [new ShiftedClock(), new Wire(), new WatchedPieces()];
  const files = await openBlobFolder(join(folder, 'files'));
  const options = { store: recorder, files, clock, transport: wire, pieces, keepsSentFiles: true };
  const user = await new User(name, relay.origin, options).open();
  return { user, folder, recorder, clock, wire, pieces };
}

/** Two who have said all of it to each other, read, and fetched. */
async function talk(timer: number | 'off'): Promise<Scene> {
  const place = mkdtempSync(join(tmpdir(), 'secret-chat-forensic-'));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  mkdirSync(join(place, 'temporary'));
  vi.stubEnv('TMPDIR', join(place, 'temporary'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const relay = await RelayOnDisk.start();
  const [anna, ben] = [await openWatched('anna', place, relay), await openWatched('ben', place, relay)];
  await meet(anna.user, ben.user);
  const atFirst = [await recordsOf(anna), await recordsOf(ben)];
  const [annas, bens] = [anna.user.chat, ben.user.chat];
  await annas.setTimer(timer);
  await bens.setTimer(timer);
  await annas.sendText(CANARIES.text);
  const heard = () =>
    ben.user.told('message').find(({ message }) => message.kind === 'text' && message.from === 'them');
  const { message } = await until(heard, 'the text');
  await bens.sendText(CANARIES.reply, { replyTo: message.n });
  const { name, caption } = CANARIES;
  await annas.sendFile(FILE, { name, caption, preview: new TextEncoder().encode(CANARIES.preview) });
  await ben.user.untilFile('fetched');
  await annas.rename(CANARIES.given);
  await bens.rename(CANARIES.given);
  return { place, relay, anna, ben, atFirst };
}

/** Stops everything; then what of the canaries, and of all that was sealed and is not kept any more, can still be found. */
async function leftOf(
  { place, relay, anna, ben }: Scene,
  sealed: Wanted,
  wiped: readonly Watched[],
): Promise<string[]> {
  await Promise.all([anna.user.device.close(), ben.user.device.close()]);
  await relay.stop();
  const haystacks = [place, relay.folder].flatMap(bytesIn);
  const found = foundIn(haystacks, { ...CANARIES, ...sealed });
  const whole = Buffer.concat(haystacks);
  for (const { recorder, folder } of [anna, ben]) {
    const isWiped = wiped.some((watched) => watched.folder === folder);
    const dead = isWiped
      ? [...recorder.ever].map(([what, bytes]) => ({ what, bytes }))
      : await deadParts(recorder, join(folder, 'store'));
    expect(dead.length).toBeGreaterThan(30);
    found.push(...dead.filter(({ bytes }) => whole.includes(Buffer.from(bytes))).map(({ what }) => what));
  }
  return found;
}

function blobsOf(folder: string): string[] {
  const files = join(folder, 'files');
  return existsSync(files) ? readdirSync(files).map((name) => join(files, name)) : [];
}

/** Gives what this process has printed since, in whichever way. */
function watchOutput(): () => string {
  const spies = [
    vi.spyOn(process.stdout, 'write'),
    vi.spyOn(process.stderr, 'write'),
    ...(['debug', 'error', 'info', 'log', 'warn'] as const).map((way) => vi.spyOn(console, way)),
  ];
  onTestFinished(() => {
    for (const spy of spies) {
      spy.mockRestore();
    }
  });
  return () => spies.flatMap((spy) => spy.mock.calls.flat().map(String)).join('\n');
}

/** Parts of every piece and every blob, as they are on the disks now. */
function sealedNow({ anna, ben }: Scene): Wanted {
  const blobs = [anna, ben].flatMap(({ folder }) => {
    return blobsOf(folder).map((file) => [`blob ${file}`, readFileSync(file)] as const);
  });
  return Object.fromEntries([...anna.pieces.uploads, ...blobs]);
}

test.each([
  ['the timer', TIMER_SECONDS],
  ['deleting each message', 'off'],
  ['clearing the history', 'off'],
  ['ending the chat', 'off'],
  ['deleting the account', 'off'],
] as const)('after %s nothing is left', { timeout: 120_000 }, async (way, timer) => {
  const printed = watchOutput();
  const scene = await talk(timer);
  const { anna, ben } = scene;
  const sealed = sealedNow(scene);
  expect(Object.keys(sealed).length).toBeGreaterThan(3);
  // Before, ciphertext is there, and nothing else.
  const before = bytesIn(scene.place);
  expect(foundIn(before, CANARIES)).toEqual([]);
  expect(foundIn(before, sealed).length).toBeGreaterThan(1);
  const all = async ({ user }: Watched) => (await user.chat.messages({ limit: 100 })).map(({ n }) => n);
  const { chat } = anna.user;
  const ways = {
    'the timer': async () => {
      await chat.markRead(await all(anna));
      await ben.user.chat.markRead(await all(ben));
      for (let s = 0; s < 2 * TIMER_SECONDS; s += 5) {
        await new Promise((resolve) => setImmediate(resolve));
        anna.clock.advance(5_000);
        ben.clock.advance(5_000);
      }
    },
    'deleting each message': async () => chat.deleteMessages(await all(anna)),
    'clearing the history': () => chat.clear(),
    'ending the chat': () => chat.end(),
    'deleting the account': async () => (await anna.user.device.deleteAccount()).done,
  };
  await ways[way]();
  const gone = async ({ user }: Watched) =>
    user.device.chats.length === 0 || (await user.chat.messages()).every(({ kind }) => kind === 'timer') || undefined;
  await until(() => gone(ben), 'Ben has nothing any more');
  if (way !== 'deleting the account') {
    await until(() => gone(anna), 'Anna has nothing any more');
  }
  const files = () => [anna, ben].flatMap(({ folder }) => blobsOf(folder));
  await until(() => files().length === 0 || undefined, 'no blob');
  await until(async () => (await scene.relay.totals()).pieces === 0 || undefined, 'no piece');
  await anna.user.chat?.rename('').catch(() => {});
  await ben.user.chat?.rename('').catch(() => {});
  if (way !== 'deleting the account') {
    // Of each message, nothing is kept in another form either, once what was told is forgotten.
    const most = way === 'the timer' ? ENOUGH_FOR_NOTICES : ENOUGH_FOR_STATE;
    const [ofAnna = 0, ofBen = 0] = scene.atFirst;
    await until(async () => (await recordsOf(anna)) <= ofAnna + most || undefined, 'few records of Anna');
    await until(async () => (await recordsOf(ben)) <= ofBen + most || undefined, 'few records of Ben');
  }
  expect(await leftOf(scene, sealed, way === 'deleting the account' ? [anna] : [])).toEqual([]);
  expect(Object.values(CANARIES).filter((canary) => printed().includes(canary))).toEqual([]);
});
