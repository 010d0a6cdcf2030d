/**
 * How long a message has left, as a text that changes as seldom as it can while it is still of use.
 *
 * @module
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `42s`, `4:59`, `2h 59m`, `6d 23h`. */
export function countdownText(leftMs: number): string {
  const left = rounded(leftMs);
  if (left < HOUR) {
    return left < MINUTE ? `${left / SECOND}s` : `${whole(left, MINUTE)}:${two((left % MINUTE) / SECOND)}`;
  }
  return left < DAY
    ? `${whole(left, HOUR)}h ${two(whole(left % HOUR, MINUTE))}m`
    : `${whole(left, DAY)}d ${two(whole(left % DAY, HOUR))}h`;
}

/** In how many milliseconds the text is another one; at least 1. */
export function countdownChangesIn(leftMs: number): number {
  const step = stepOf(leftMs);
  const next = (Math.ceil(leftMs / step) - 1) * step;
  return Math.max(1, Math.min(leftMs, leftMs - next));
}

/** Up to the next step: nothing is said to be over before it is. */
function rounded(leftMs: number): number {
  const step = stepOf(leftMs);
  return Math.max(0, Math.ceil(leftMs / step)) * step;
}

function stepOf(leftMs: number): number {
  if (leftMs <= HOUR) {
    return SECOND;
  }
  return leftMs <= DAY ? MINUTE : HOUR;
}

function whole(ms: number, unit: number): number {
  return Math.floor(ms / unit);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
