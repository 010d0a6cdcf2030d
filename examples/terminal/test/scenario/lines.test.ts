import { describe, expect, it } from 'vitest';
import { jsonView } from '../../src/views/json/json-view.ts';
import { FakeDevice } from '../support/fake-device.ts';
import { rig } from '../support/session.ts';
import { pipes } from '../support/streams.ts';

/** What a chat holds after these chunks came in. */
async function textsOf(...chunks: readonly (string | Uint8Array)[]) {
  const device = new FakeDevice();
  const alice = device.addChat('Alice');
  const { session } = rig({ device });
  const streams = pipes();
  const view = jsonView(streams.input, streams.output);
  view.attach(session);
  await session.start(undefined, Promise.resolve());
  const done = view.run(session).then(() => view.close());
  for (const chunk of chunks) {
    streams.input.write(chunk);
  }
  streams.input.end();
  await done;
  return { alice, texts: alice.entries.map((entry) => entry.kind === 'text' && entry.text) };
}

describe('a line', () => {
  it('ends with a line feed and with nothing else: what a text holds is never a command', async () => {
    const text = 'one\r/end 1\u2028/end 1\u2029/end 1\u0085/end 1';
    const { alice, texts } = await textsOf(`${text}\n`, 'two\r\n', '\r\n', 'three\n');
    expect(alice.state).toBe('open');
    expect(texts).toEqual([text, 'two', 'three']);
  });

  it('may come in parts of any size, and needs no end', async () => {
    const bytes = Buffer.from('first 你好 👋\r\nlast 你好 👋');
    const { texts } = await textsOf(...Array.from(bytes, (byte) => Buffer.of(byte)));
    expect(texts).toEqual(['first 你好 👋', 'last 你好 👋']);
  });
});
