import { u32 } from '../../src/bytes.ts';
import { type RatchetState, Secret, xchachaSeal } from '../../src/index.ts';
import { advanceChain } from '../../src/ratchet/chain.ts';
import type { SendingTurn } from '../../src/ratchet/state.ts';
import { bodyOf } from '../support/chat.ts';

/** What a dishonest sender may put in a header. */
export interface ForgedHeader {
  readonly pn?: number;
  readonly n?: number;
  readonly flags?: number;
  readonly publicKey?: Uint8Array;
  readonly kemCiphertext?: Uint8Array;
}

/**
 * An envelope that its sender's own keys authenticate, with a header of any content: what someone with a changed program
 * can send. The body is sealed under the key that belongs to `n`, wherever that can be computed.
 *
 * @param state with an open turn; not changed
 */
export function forge(state: RatchetState, forged: ForgedHeader, text = 'forged'): Uint8Array {
  const turn = state.sending as SendingTurn;
  const n = forged.n ?? turn.chain.index;
  const nonce = new Uint8Array(24).map((_, i) => (i * 31 + n) & 255);
  const header = Uint8Array.of(
    ...u32(forged.pn ?? turn.pn),
    ...u32(n),
    forged.flags ?? 0,
    ...(forged.publicKey ?? turn.publicKey),
    ...(forged.kemCiphertext ?? turn.kemCiphertext),
  );
  const sealedHeader = xchachaSeal(turn.headerKey.expose(), nonce, header, Uint8Array.of(...state.transcriptHash, 1));
  const data = Uint8Array.of(...state.transcriptHash, ...nonce, ...sealedHeader);
  const sealedBody = xchachaSeal(messageKey(turn, n), nonce, bodyOf(text), data);
  return Uint8Array.of(...nonce, ...sealedHeader, ...sealedBody);
}

/** Of index `n` if it is at most 2000 ahead; else of no use. */
function messageKey(turn: SendingTurn, n: number): Uint8Array {
  let chain = { key: new Secret<'chain-key'>(turn.chain.key.expose().slice()), index: turn.chain.index };
  if (n - chain.index > 2000) {
    return new Uint8Array(32);
  }
  while (chain.index < n) {
    chain = advanceChain(chain).chain;
  }
  return advanceChain(chain).messageKey.expose();
}
