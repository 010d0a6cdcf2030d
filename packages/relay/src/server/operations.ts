/**
 * From a request to what it does: proof, order, operation.
 *
 * Spec: docs/protocol/relay.md §3.
 *
 * @module
 */

import type { Ownership, Request } from '@secret-chat/wire';
import * as cards from './cards.ts';
import { addressOf, keyOf, sha256 } from './hash.ts';
import type { Lanes } from './lanes.ts';
import * as mailboxes from './mailbox-operations.ts';
import { DONE, type Outcome, refuse } from './outcome.ts';
import type { Peer } from './peer.ts';
import { verifyProof } from './proof.ts';
import type { Services } from './services.ts';

/** A request that is not about the connection itself. */
export type StoredRequest = Exclude<Request, { readonly op: 'auth' }>;

/**
 * Checks and does one request.
 *
 * @param frame the request as it was received: what its proof signs
 */
export async function perform(
  services: Services,
  peer: Peer,
  lanes: Lanes,
  request: StoredRequest,
  frame: Uint8Array,
): Promise<Outcome> {
  // §3.6
  if ((request.op === 'open' || request.op === 'putCard') && !peer.isAuthorized) {
    return refuse('TOKEN_REQUIRED');
  }
  // §3.3
  if ('proof' in request && !verifyProof(services.origins, peer.nonce, frame, request)) {
    return refuse('BAD_PROOF');
  }
  /** In order among requests on the same mailbox or card (§3.2); requests of one `kind` may go to the store together. */
  const onMailbox = (address: Uint8Array, kind: string | undefined, run: MailboxTask) => {
    const mailbox = sha256(address);
    const name = keyOf(mailbox);
    return lanes.run(name, kind, () => run(mailbox, name));
  };
  const onOwnMailbox = ({ ownerKey, random }: Ownership, run: OwnMailboxTask) => {
    const address = addressOf(ownerKey, random);
    return onMailbox(address, undefined, (mailbox) => run(mailbox, address));
  };
  const onCard = (inviteId: Uint8Array, run: () => Promise<Outcome>) => lanes.run(keyOf(inviteId), undefined, run);

  switch (request.op) {
    case 'ping':
      return DONE;
    case 'open':
      return onOwnMailbox(request, (mailbox) => mailboxes.open(services, peer, request, mailbox));
    case 'put':
      return onMailbox(request.address, 'put', (mailbox) => mailboxes.put(services, peer, request, mailbox));
    case 'subscribe':
      return onOwnMailbox(request, (mailbox, address) => mailboxes.subscribe(services, peer, address, mailbox));
    case 'ack':
      return onMailbox(request.address, 'ack', (mailbox, name) =>
        mailboxes.ack(services, peer, request, mailbox, name),
      );
    case 'close':
      return onOwnMailbox(request, (mailbox) => mailboxes.close(services, mailbox));
    case 'exportMailbox':
      return onOwnMailbox(request, (mailbox) => mailboxes.exportMailbox(services, request, mailbox));
    case 'putCard':
      return onCard(request.inviteId, () => cards.putCard(services, peer, request));
    case 'addPrekeys':
      return onCard(request.inviteId, () => cards.addPrekeys(services, request));
    case 'removeCard':
      return onCard(request.inviteId, () => cards.removeCard(services, request));
    case 'exportCard':
      return onCard(request.inviteId, () => cards.exportCard(services, request));
    case 'getCard': {
      const inviteId = sha256(request.locator);
      return onCard(inviteId, () => cards.getCard(services, inviteId));
    }
    case 'takePrekey': {
      const inviteId = sha256(request.locator);
      return onCard(inviteId, () => cards.takePrekey(services, peer, inviteId));
    }
  }
}

type MailboxTask = (mailbox: Uint8Array, name: string) => Promise<Outcome>;
type OwnMailboxTask = (mailbox: Uint8Array, address: Uint8Array) => Promise<Outcome>;
