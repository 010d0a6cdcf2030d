/** The key of a file, which no message shows: read from the device, as only a thief of an unlocked one could. */

import type { LiveChat } from '../../src/chat/live-chat.ts';
import type { Chat } from '../../src/index.ts';

export async function fileKeyOf(chat: Chat, n: number): Promise<Uint8Array> {
  const { session } = chat as LiveChat;
  const stored = await session.context.transfers.read(session, n);
  if (stored === undefined) {
    throw new Error(`message ${n} is no file`);
  }
  return new Uint8Array(stored.file.key);
}
