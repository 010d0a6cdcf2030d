import { memoryStore, openDevice } from '@secret-chat/client';
import { nodeTransport } from '@secret-chat/client/node';
import { startRelay } from '@secret-chat/relay';

const relay = await startRelay();
const open = (name: string) =>
  openDevice({ store: memoryStore(), passphrase: `${name}'s`, name, relay: relay.url, transport: nodeTransport() });
const alice = await open('Alice');
const bob = await open('Bob');

bob.subscribe(async (event) => {
  if (event.type === 'request') {
    await bob.chat(event.chat)?.accept();
  } else if (event.type === 'message' && event.message.kind === 'text') {
    process.stdout.write(`Bob reads: ${event.message.text}\n`);
    await Promise.all([alice.close(), bob.close()]);
    await relay.close();
  }
});

const { link } = await bob.createInvite();
const chat = await alice.join(link);
await chat.sendText('Nobody but us can read this.');
