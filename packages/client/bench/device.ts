/** A device in a process of its own, which does what it is told. Started by `client.ts`. */

import { join } from 'node:path';
import process from 'node:process';
import { openDevice } from '@secret-chat/client';
import { nodeTransport, openSqliteStore, readOrCreateKeyFile } from '@secret-chat/client/node';
import { ready } from '@secret-chat/crypto';
import type { DeviceSettings, Order, Word } from './words.ts';

/** Texts that wait for the disk at the same time, as those of a program that pastes or forwards many. */
const TOGETHER = 64;

const settings = JSON.parse(process.argv[2] as string) as DeviceSettings;
const say = (word: Word) => process.send?.(word);
const now = () => Number(process.hrtime.bigint()) / 1e6;

await ready;
const begin = now();
const store = await openSqliteStore(settings.folder);
const unlock =
  settings.passphrase === undefined
    ? { keyFile: await readOrCreateKeyFile(join(settings.folder, 'key')) }
    : { passphrase: settings.passphrase };
const device = await openDevice({
  ...{ store, ...unlock, name: settings.name, relay: settings.relay },
  transport: nodeTransport(),
});
const ms = now() - begin;
globalThis.gc?.();
const { rss, heapUsed } = process.memoryUsage();
say({ say: 'opened', ms, rss, heap: heapUsed });

let shown = 0;
device.subscribe((event) => {
  if (event.type === 'request') {
    void device.chat(event.chat)?.accept();
  } else if (event.type === 'accepted') {
    say({ say: 'open' });
  } else if (event.type === 'message' && event.message.from === 'them') {
    shown += 1;
    say({ say: 'shown', at: now(), count: shown });
  }
});

process.on('message', (order: Order) => void obey(order));

async function obey(order: Order): Promise<void> {
  const [chat] = device.chats;
  switch (order.do) {
    case 'invite':
      say({ say: 'link', link: (await device.createInvite()).link });
      break;
    case 'join':
      await device.join(order.link);
      break;
    case 'send':
      say({ say: 'sent', at: now() });
      await chat?.sendText(order.text);
      break;
    case 'stream': {
      let next = 0;
      const lane = async () => {
        while (next < order.count) {
          next += 1;
          await chat?.sendText(`message ${next} of a stream`);
        }
      };
      await Promise.all(Array.from({ length: TOGETHER }, lane));
      break;
    }
    case 'close':
      await device.close();
      process.exit(0);
  }
}
