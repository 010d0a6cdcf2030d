/**
 * What every relay store promises (src/store/relay-store.ts), run on each adapter.
 *
 * @module
 */

import { describe } from 'vitest';
import type { Backend } from './backend.ts';
import { cardContract } from './contract-cards.ts';
import { lifeContract } from './contract-life.ts';
import { limitContract } from './contract-limits.ts';
import { mailboxContract } from './contract-mailboxes.ts';
import { pieceContract } from './contract-pieces.ts';
import { purgeContract } from './contract-purge.ts';

export function storeContract(backend: Backend): void {
  describe(`relay store: ${backend.name}`, () => {
    mailboxContract(backend);
    cardContract(backend);
    pieceContract(backend);
    limitContract(backend);
    purgeContract(backend);
    lifeContract(backend);
  });
}
