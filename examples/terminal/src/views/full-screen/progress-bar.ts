/**
 * How far a transfer is, as a text: a bar, the share, and how long the rest takes.
 *
 * @module
 */

import type { FileProgress } from '@secret-chat/client';
import { countdownText } from '../countdown-text.ts';
import { sizeText } from '../sentences.ts';

const WIDTH = 20;
const DIRECTIONS: { readonly [Direction in FileProgress['direction']]: string } = { up: '↑', down: '↓' };

export function progressBar({ direction, done, total, etaMs }: FileProgress): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(share * WIDTH);
  const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
  const rest = etaMs === undefined || done >= total ? '' : `, ${countdownText(etaMs)} left`;
  return `${DIRECTIONS[direction]} ${bar} ${Math.floor(share * 100)}% of ${sizeText(total)}${rest}`;
}
