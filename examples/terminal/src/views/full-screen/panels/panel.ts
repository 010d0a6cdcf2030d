/**
 * The panel for an event that has one, and when it is over.
 *
 * @module
 */

import type { Chat, Message } from '@secret-chat/client';
import { shortName } from '../../../harmless.ts';
import type { SessionEvent } from '../../../session-event.ts';
import type { Row } from '../row.ts';
import { fingerprintPanel } from './fingerprint-panel.ts';
import { invitePanel } from './invite-panel.ts';
import { chatsPanel, helpPanel, invitesPanel, requestsPanel } from './list-panels.ts';
import { viewerPanel } from './viewer-panel.ts';

/** Where a panel is shown, and when. */
export interface Space {
  readonly columns: number;
  readonly rows: number;
  /** Unix time in milliseconds. */
  readonly now: number;
}

/** Stands in the place of the history, from its top. */
export interface Panel {
  readonly kind: 'invite' | 'requests' | 'viewer' | 'other';
  /** The invite that it shows. */
  readonly invite?: number;
  /** The message that it shows. */
  readonly viewed?: { readonly chat: number; readonly message: Message };
  rows(space: Space): readonly Row[];
}

/** `undefined` for an event that is shown elsewhere. */
export function panelOf(event: SessionEvent, colourDepth: number, chats: readonly Chat[]): Promise<Panel> | undefined {
  const nameOf = (n: number) => shortName(chats.find((chat) => chat.n === n)?.name ?? '');
  switch (event.type) {
    case 'invite':
      return withQrCode(event, colourDepth);
    case 'request':
      return ready('requests', ({ columns }) => requestsPanel([...earlierRequests(chats, event.chat), event], columns));
    case 'requests':
      return ready('requests', ({ columns }) => requestsPanel(event.chats, columns));
    case 'invites':
      return ready('other', ({ columns }) => invitesPanel(event.invites, columns));
    case 'chats':
      return ready('other', ({ columns }) => chatsPanel(event.chats, columns));
    case 'fingerprint':
      return ready('other', ({ columns }) => fingerprintPanel(event, columns));
    case 'help':
      return ready('other', ({ columns }) => helpPanel(event, columns));
    case 'view':
      return Promise.resolve({
        kind: 'viewer',
        viewed: event,
        rows: (space) => viewerPanel(event, nameOf(event.chat), space, colourDepth),
      });
    default:
      return undefined;
  }
}

/** Whether what the panel is for is over with this event. */
export function isOver({ kind, invite, viewed }: Panel, event: SessionEvent): boolean {
  switch (event.type) {
    case 'inviteEnded':
      return kind === 'invite' && invite === event.invite;
    case 'accepted':
      return kind === 'invite' || kind === 'requests';
    case 'ended':
      return kind === 'requests' || viewed?.chat === event.chat;
    case 'destroyed':
      return viewed?.chat === event.chat && viewed.message.n === event.n;
    default:
      return false;
  }
}

/** One that comes does not hide those that still wait. */
function earlierRequests(chats: readonly Chat[], than: number) {
  const earlier = chats.filter(({ n, state }) => state === 'requested' && n !== than);
  return earlier.map(({ n, name }) => ({ chat: n, name }));
}

function ready(kind: Panel['kind'], rows: Panel['rows']): Promise<Panel> {
  return Promise.resolve({ kind, rows });
}

/** Loaded when it is needed: most starts show no code. */
async function withQrCode(event: Extract<SessionEvent, { type: 'invite' }>, colourDepth: number): Promise<Panel> {
  const { encode } = await import('uqr');
  // The least correction makes the smallest code: a screen is not torn or dirty.
  const { data } = encode(event.invite.link, { ecc: 'L', border: 1 });
  return {
    kind: 'invite',
    invite: event.invite.n,
    rows: ({ columns }) => invitePanel(event, data, columns, colourDepth),
  };
}
