import { describe, expect, test } from 'vitest';
import type { XWingKeyPair } from '../../src/index.ts';
import { type Device, openChat, talkingChat } from '../ratchet/device.ts';
import { Eavesdropper } from '../ratchet/eavesdropper.ts';

/** Bob's first turn was read by `Alice`; either can be the victim: the roles are told by who holds the open turn. */
describe.each(['alice', 'bob'] as const)("%s's store is copied by a thief who then sees every envelope", (name) => {
  /** The victim has the open turn, or may begin one. */
  function chat(open: boolean): { victim: Device; peer: Device } {
    const { alice, bob } = talkingChat(`stolen from ${name}`);
    const [victim, peer] = name === 'alice' ? [alice, bob] : [bob, alice];
    if (name === 'bob') {
      bob.receive(alice.send('a'));
    }
    expect(victim.state.peerKey).toBeDefined();
    if (open) {
      peer.receive(victim.send('before'));
    }
    return { victim, peer };
  }

  test('in an open turn: one round trip later the thief reads nothing more', () => {
    const { victim, peer } = chat(true);
    const before = victim.send('sent before');
    const thief = new Eavesdropper(victim.store());
    const outgoing = () => {
      const envelope = victim.send('from the victim');
      expect(peer.receive(envelope)).toBe('from the victim');
      return thief.readOutgoing(envelope);
    };
    const incoming = () => {
      const envelope = peer.send('to the victim');
      expect(victim.receive(envelope)).toBe('to the victim');
      return thief.readIncoming(envelope);
    };

    // What was sent before stays closed; the rest of the turn is open, and so is the answer to it: its key was stolen.
    expect(thief.readOutgoing(before)).toBe('header');
    expect(outgoing()).toBe('body');
    expect(incoming()).toBe('body');
    // The victim's next turn is encapsulated to a key that the thief never had: from here on all is closed.
    expect(outgoing()).toBe('header');
    // Header keys were derived one turn ahead: so long a thief can still count messages.
    expect(incoming()).toBe('header');
    expect(outgoing()).toBe('nothing');
    expect(incoming()).toBe('nothing');
    for (let turn = 0; turn < 3; turn++) {
      expect([outgoing(), outgoing(), incoming(), incoming()]).toEqual(['nothing', 'nothing', 'nothing', 'nothing']);
    }
  });

  test('before a turn: the next turn is closed already, only what is late of the last can be read', () => {
    const { victim, peer } = chat(false);
    const late = peer.send('late');
    const thief = new Eavesdropper(victim.store());
    expect(thief.readIncoming(late)).toBe('body');
    const first = victim.send('first');
    expect(thief.readOutgoing(first)).toBe('header');
    peer.receive(first);
    const answer = peer.send('answer');
    expect(thief.readIncoming(answer)).toBe('header');
    victim.receive(answer);
    const second = victim.send('second');
    expect(thief.readOutgoing(second)).toBe('nothing');
    peer.receive(second);
    expect(thief.readIncoming(peer.send('closed'))).toBe('nothing');
  });

  test("what the thief lacks is the peer's new key alone: with it the next turn is open too", () => {
    const { victim, peer } = chat(true);
    const thief = new Eavesdropper(victim.store());
    const answer = peer.send('answer');
    expect(thief.readIncoming(answer)).toBe('body');
    victim.receive(answer);
    const next = victim.send('next');
    expect(thief.readOutgoing(next)).toBe('header');
    thief.learnPeerKey((peer.state.ownKey as XWingKeyPair).seed.expose());
    expect(thief.readOutgoing(next)).toBe('body');
  });

  test('without a round trip nothing heals: the open turn stays open', () => {
    const { victim, peer } = chat(true);
    const thief = new Eavesdropper(victim.store());
    for (const envelope of victim.sendMany(20)) {
      expect(thief.readOutgoing(envelope)).toBe('body');
      peer.receive(envelope);
    }
    // The peer's answer may be long; it is one turn, under the stolen key.
    for (const envelope of peer.sendMany(20)) {
      expect(thief.readIncoming(envelope)).toBe('body');
    }
  });
});

test('the store of who asked, before any answer, opens the first turn and nothing after the first own one', () => {
  const { alice, bob } = openChat('stolen early');
  const thief = new Eavesdropper(alice.store());
  const accepted = bob.send('accepted');
  expect(thief.readIncoming(accepted)).toBe('body');
  alice.receive(accepted);
  const first = alice.send('a');
  expect(thief.readOutgoing(first)).toBe('header');
  bob.receive(first);
  expect(thief.readIncoming(bob.send('b'))).toBe('header');
});
